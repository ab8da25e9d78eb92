import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { CommandOutput, type Finished } from '../cli/run-rollcall.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { until } from '../support/until.ts'
import { processesIn } from './left-behind.ts'

const DEMO = join(import.meta.dirname, 'demo.ts')

/** Starts the demo with few devices. */
async function startDemo(...args: string[]) {
  const folder = await mkdtemp(join(await temporaryFolder(), 'tmp-'))
  // PostgreSQL may run as another user.
  for (const each of [folder, join(folder, '..')]) await chmod(each, 0o711)
  const child = spawn(process.execPath, [DEMO, '--devices', '100', '--faulty', '0', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, TMPDIR: folder, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'close')
  })
  const output = new CommandOutput()
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.add('stderr', text))
  const finished = once(child, 'close').then(
    ([code]): Finished => ({ code, stdout: '', stderr: output.stderr }),
  )
  return { child, output, finished, folder, printed: (pattern: RegExp) => output.printed(pattern, finished) }
}

async function rolesOf(url: string): Promise<string[]> {
  const { gateway } = await dataOf<{ gateway: { processes: { role: string; active: boolean }[] } }>(
    url,
    '{ gateway { processes { role active } } }',
  )
  return gateway.processes.map(({ role, active }) => `${role}${active ? ' active' : ''}`).sort()
}

/** Nothing of the demo is there any more. PostgreSQL's processes end after the first of them. */
async function expectNothingLeft(folder: string): Promise<void> {
  await until(() => processesIn(folder).length === 0)
  expect(await readdir(folder)).toEqual([])
}

it('runs a cluster whose parts all work, and leaves nothing behind', { timeout: 360_000 }, async () => {
  const demo = await startDemo('--port', '0')
  const [, outcomes] = await demo.printed(/The refresh ended as COMPLETED after [\d.]+ s: (.+)\./)
  expect(outcomes).toBe('100 SUPPORTED')
  const urls = [...demo.output.stderr.matchAll(/http:\S+\/graphql/g)].map(([url]) => url)
  expect(new Set(urls).size).toBe(2)
  for (const url of urls) {
    expect(await dataOf(url, '{ summary { supported } }')).toEqual({ summary: { supported: 100 } })
    // Each hears of the others every two seconds.
    await expect
      .poll(() => rolesOf(url))
      .toEqual(['API', 'API', 'ENGINE', 'ENGINE active', 'PROBER', 'PROBER', 'PROBER'])
  }
  expect(processesIn(demo.folder).length).toBeGreaterThan(7)
  demo.child.kill('SIGINT')
  expect((await demo.finished).code).toBe(0)
  await expectNothingLeft(demo.folder)
})

it('leaves nothing behind if it is stopped while it starts', { timeout: 360_000 }, async () => {
  const demo = await startDemo('--port', '0')
  await until(() => processesIn(demo.folder).length > 1)
  demo.child.kill('SIGTERM')
  expect((await demo.finished).code).toBe(0)
  await expectNothingLeft(demo.folder)
})

it('says which part did not start, and leaves nothing behind', { timeout: 360_000 }, async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as { port: number }
  const demo = await startDemo('--port', String(port))
  const { code, stderr } = await demo.finished
  expect(stderr).toMatch(/\ndemo:cluster: The API 1 did not start: Port \d+ on 127\.0\.0\.1 is in use\./)
  expect(code).toBe(1)
  await expectNothingLeft(demo.folder)
})
