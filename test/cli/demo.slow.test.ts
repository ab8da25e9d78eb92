import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { startRollcall } from './run-rollcall.ts'

it('demo probes its fleet, accepts pages of this machine, and leaves nothing behind', async () => {
  const { demo, temporary } = await startDemo('--cors', 'https://noc.example.org')
  await demo.printed(/Ctrl-C stops the demo/)
  const [url = ''] = await demo.printed(/http:\S+\/graphql/)
  const [, page = ''] = await demo.printed(/^The console: (\S+)$/m)
  expect(await (await fetch(page)).text()).toContain('<title>Rollcall</title>')
  const statuses = ['http://localhost:5173', 'https://noc.example.org', 'https://evil.example'].map(
    async (origin) =>
      (await fetch(`${url}?query={summary{devices,supported}}`, { headers: { origin } })).status,
  )
  expect(await Promise.all(statuses)).toEqual([200, 200, 403])
  demo.child.kill('SIGINT')
  const { code, stderr } = await demo.finished
  expect(stderr).toContain('SUPPORTED  5')
  expect(stderr).toMatch(/\nStopping…\n$/)
  expect(code).toBe(0)
  expect(readdirSync(temporary)).toEqual([])
})

it('demo leaves nothing behind when its terminal is closed, which sends SIGHUP twice', async () => {
  const { demo, temporary } = await startDemo()
  await demo.printed(/GraphiQL:/)
  demo.child.stderr?.destroy()
  demo.child.kill('SIGHUP')
  demo.child.kill('SIGHUP')
  expect((await demo.finished).code).toBe(0)
  expect(readdirSync(temporary)).toEqual([])
})

it('demo names its option if the port is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const { demo, temporary } = await startDemo('--port', String(port))
  const { code, stderr } = await demo.finished
  other.close()
  expect(stderr).toMatch(/\nrollcall: Port \d+ is in use\. Give another one with --port, or [^\n]+\n$/)
  expect(code).toBe(1)
  expect(readdirSync(temporary)).toEqual([])
})

async function startDemo(...args: string[]) {
  const folder = await temporaryFolder()
  const temporary = await mkdtemp(join(folder, 'tmp-'))
  const demo = startRollcall(['demo', '--devices', '5', '--port', '0', ...args], {
    cwd: folder,
    env: { TMPDIR: temporary },
  })
  return { demo, temporary }
}
