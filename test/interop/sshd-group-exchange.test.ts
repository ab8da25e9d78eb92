import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { probeTask } from '../support/probe-task.ts'
import { startSshd } from './openssh-server.ts'
import { SHARED, WHY_SKIPPED } from './shared-folder.ts'

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
      const { port } = await startSshd('KexAlgorithms diffie-hellman-group-exchange-sha256')
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

  it('reaches the login if it offers another method as well', async () => {
    const { port } = await startSshd('KexAlgorithms curve25519-sha256')
    expect(await probe(task(port), signal)).toMatchObject({ outcome: 'AUTH_FAILED', phase: 'AUTHENTICATE' })
  })
})
