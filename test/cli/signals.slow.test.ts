import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { type RunOptions, startRollcall } from './run-rollcall.ts'

/** `rollcall serve` in a folder of its own, with these devices. */
async function serve(devices: readonly object[], options: Partial<RunOptions> = {}) {
  const cwd = await temporaryFolder()
  await writeFile(join(cwd, 'lab.json'), JSON.stringify(devices))
  await writeFile(
    join(cwd, 'rollcall.yaml'),
    [
      'server: { port: 0 }',
      'workers: 1',
      'sources: [{ name: lab, type: file, path: lab.json }]',
      'credentials: [{ name: lab, username: rollcall, passwordEnv: LAB_PASSWORD }]',
      'probe: { timeout: 60s }',
    ].join('\n'),
  )
  const env = { LAB_PASSWORD: 'simulated', ...options.env }
  const running = startRollcall(['serve'], { cwd, ...options, env })
  onTestFinished(() => void running.child.kill('SIGKILL'))
  await running.printed(/http:\S+\/graphql/)
  return { ...running, cwd }
}

describe('a gateway that receives a stop signal', () => {
  it('twice for one Ctrl-C, as from npm, closes in order', async () => {
    const { child, finished } = await serve([])
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect((await finished).code).toBe(0)
  })

  it('again from a person ends at once', async () => {
    const device = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void device.close())
    await once(device, 'listening')
    const { port } = device.address() as AddressInfo
    const accepted = once(device, 'connection')
    const silent = { name: 'r1', address: '127.0.0.1', port, site: 'Lyon', country: 'France' }
    const { child, finished } = await serve([silent])
    // In order, it would wait for this probe.
    await accepted
    await expect.poll(() => child.kill('SIGINT'), { interval: 50 }).toBe(false)
    expect((await finished).code).toBe(130)
  })

  it('through npm, which signals only the shell between them, closes in order', async () => {
    const { child, finished } = await serve([], {
      script: '"$@"; true',
      env: { npm_lifecycle_event: 'start' },
    })
    child.kill('SIGTERM')
    const { code, stderr } = await finished
    expect(code).toBe(null)
    expect(stderr).toContain('"signal":"SIGTERM"')
  })
})
