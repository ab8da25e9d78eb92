import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { systemCodeOf } from '../../src/base/errors.ts'
import { freePort } from '../support/free-port.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { startRollcall } from './run-rollcall.ts'

/** Makes a pipe in which there is no room, so that a process that waits to write never goes on. */
function fullPipe(path: string) {
  execFileSync('mkfifo', [path])
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const filling = Buffer.alloc(4_096, 'x')
  let filled = 0
  for (;;) {
    try {
      filled += writeSync(fd, filling)
    } catch (failure) {
      if (systemCodeOf(failure) !== 'EAGAIN') throw failure
      break
    }
  }
  return { fd, filled }
}

/** Reads what is in the pipe at present. */
function readAll(fd: number): string {
  const buffer = Buffer.alloc(64 * 1_024)
  let text = ''
  for (;;) {
    try {
      text += buffer.toString('utf8', 0, readSync(fd, buffer))
    } catch (failure) {
      if (systemCodeOf(failure) !== 'EAGAIN') throw failure
      return text
    }
  }
}

it('a gateway whose log nobody reads answers, refreshes and ends in order', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'rollcall-blocked-log-'))
  onTestFinished(() => rm(cwd, { recursive: true, force: true }))
  const { fd, filled } = fullPipe(join(cwd, 'log'))
  expect(filled).toBeGreaterThan(0)
  const stderr = openSync(join(cwd, 'log'), constants.O_WRONLY)
  onTestFinished(() => {
    for (const each of [fd, stderr]) closeSync(each)
  })
  const port = await freePort()
  await writeFile(join(cwd, 'rollcall.yaml'), `server: { port: ${port} }\nschedule: { onStart: false }\n`)
  const { child } = startRollcall(['serve'], { cwd, stderr })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = once(child, 'exit')

  const url = `http://127.0.0.1:${port}/graphql`
  await expect.poll(() => fetch(url).then(({ status }) => status, String), { interval: 100 }).toBe(400)
  const { startRefresh } = await dataOf<{ startRefresh: { started: boolean } }>(
    url,
    'mutation { startRefresh(input: {}) { started } }',
  )
  expect(startRefresh).toEqual({ started: true })
  const query = '{ refreshes { nodes { state } } }'
  await expect
    .poll(() => dataOf(url, query), { interval: 100 })
    .toEqual({ refreshes: { nodes: [{ state: 'COMPLETED' }] } })

  // Once there is room, the lines that waited are there.
  let log = ''
  await expect
    .poll(() => (log += readAll(fd)), { interval: 100 })
    .toMatch(/"event":"gateway.started"[\s\S]*"event":"refresh.ended"/)
  expect(log.startsWith('x'.repeat(filled))).toBe(true)
  child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
})
