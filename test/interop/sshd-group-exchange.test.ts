import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { probeTask } from '../support/probe-task.ts'
import { SHARED, WHY_SKIPPED } from './shared-folder.ts'

const SSHD = '/usr/sbin/sshd'

/** OpenSSH's server with no other key exchange than this; ended with the test. */
async function startSshd(kex: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-sshd-'))
  const hostKey = join(folder, 'host_key')
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  const port = await freePort()
  const config = join(folder, 'sshd_config')
  await writeFile(
    config,
    `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${hostKey}\nPidFile none\nUsePAM no\nKexAlgorithms ${kex}\n`,
  )
  // sshd wants the folder that it gives up its rights in.
  await mkdir('/run/sshd', { recursive: true })
  const child = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await exited
    await rm(folder, { recursive: true, force: true })
  })
  const said: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line)
    if (line.includes('Server listening')) {
      child.stderr.resume()
      return port
    }
  }
  throw new Error(`sshd ended: ${said.join(' ')}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

describe.skipIf(SHARED === undefined)(`sshd with group exchange alone (skipped where ${WHY_SKIPPED})`, () => {
  const task = (port: number) =>
    probeTask({
      host: '127.0.0.1',
      port,
      credential: { username: 'netops', password: 'none' },
      timeoutMs: 10_000,
    })
  const { signal } = new AbortController()

  it.each([false, true])(
    'is SSH_FAILED within a second, and blocks nobody (legacy algorithms: %j)',
    async (legacyAlgorithms) => {
      const port = await startSshd('diffie-hellman-group-exchange-sha256')
      const delay = monitorEventLoopDelay({ resolution: 5 })
      delay.enable()
      const report = await probe({ ...task(port), legacyAlgorithms }, signal)
      delay.disable()
      expect(report).toMatchObject({
        outcome: 'SSH_FAILED',
        phase: 'KEY_EXCHANGE',
        message: expect.stringContaining(
          'No key exchange algorithm in common: the device offers only diffie-hellman-group-exchange-sha256;',
        ),
        peer: { identification: expect.stringContaining('OpenSSH') },
      })
      expect(report.durationMs).toBeLessThan(1000)
      // Nanoseconds.
      expect(delay.max / 1e6).toBeLessThan(50)
    },
  )

  it('and nothing else wrong with it comes as far as the login where it has another', async () => {
    const port = await startSshd('curve25519-sha256')
    expect(await probe(task(port), signal)).toMatchObject({ outcome: 'AUTH_FAILED', phase: 'AUTHENTICATE' })
  })
})
