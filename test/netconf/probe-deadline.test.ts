import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { HELLO, healthy, run } from './support/probing.ts'
import { type Device, sshDevice, talker, taskFor } from './support/ssh-device.ts'

/** Devices that stop, each in another phase. */
const stalls: [string, () => Promise<Device>, string, string][] = [
  ['says nothing', () => talker(() => {}), 'KEY_EXCHANGE', 'sent no SSH identification within 0.3 s'],
  [
    'greets and stops',
    () => talker((socket) => socket.write('Welcome\r\n')),
    'KEY_EXCHANGE',
    'sent "Welcome" but no SSH identification',
  ],
  [
    'stops at the key exchange',
    () => talker((socket) => socket.write('SSH-2.0-x\r\n')),
    'KEY_EXCHANGE',
    'The device (x) did not finish the key exchange',
  ],
  [
    'stops at the login',
    () => sshDevice({ login: () => {} }),
    'AUTHENTICATE',
    'did not answer the login of user netops',
  ],
  [
    'stops at the subsystem',
    () => sshDevice({ subsystem: () => {} }),
    'SUBSYSTEM',
    'did not answer the request for the netconf subsystem',
  ],
  [
    'sends no hello',
    () => sshDevice({ netconf: () => {} }),
    'HELLO',
    'opened netconf but sent no hello within',
  ],
  [
    'stops in its hello',
    () => sshDevice({ netconf: (channel) => channel.write('<hello>') }),
    'HELLO',
    'sent 7 bytes of its hello but not the end of it',
  ],
]

describe('the deadline', () => {
  it.concurrent.each(stalls)('ends a device that %s', async (_what, start, phase, message) => {
    await using device = await start()
    const report = await run(device, { timeoutMs: 300 })
    expect(report).toMatchObject({ outcome: 'TIMEOUT', phase, message: expect.stringContaining(message) })
    expect(report.durationMs).toBeGreaterThan(290)
    expect(report.durationMs).toBeLessThan(550)
    await device.idle()
  })

  it('covers the wait for the answer to close-session', async () => {
    await using device = await sshDevice({ netconf: (channel) => channel.write(HELLO) })
    const report = await run(device, { timeoutMs: 300 })
    expect(report).toMatchObject({ outcome: 'SUPPORTED', phase: 'CLOSE' })
    expect(report.durationMs).toBeLessThan(550)
  })
})

describe('an abort', () => {
  it.concurrent.each(stalls)(
    'ends a device that %s, down to the socket, at once',
    async (_what, start, phase) => {
      await using device = await start()
      const controller = new AbortController()
      const running = probe(taskFor(device), controller.signal)
      // Stalled for good once nothing has come for a while: shorter, and another phase might be the one aborted.
      setTimeout(() => controller.abort(), 150)
      const report = await running
      expect(report).toMatchObject({ outcome: 'CANCELLED', phase })
      expect(report.durationMs).toBeLessThan(400)
      await device.idle()
    },
  )

  it('before the start asks nothing of the device', async () => {
    await using device = await talker(() => {})
    expect(await probe(taskFor(device), AbortSignal.abort())).toMatchObject({
      outcome: 'CANCELLED',
      phase: 'QUEUED',
      phases: [],
    })
    expect(device.connections()).toBe(0)
  })

  it('or an end of any kind leaves nothing behind', async () => {
    const count = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length
    const before = { timers: count('Timeout'), sockets: count('TCPSocketWrap') }
    const rounds = 20
    {
      await using works = await sshDevice({ netconf: healthy })
      await using refuses = await sshDevice()
      await using talks = await talker((socket) => socket.write('220 ready\r\n'))
      await using stalls = await sshDevice({ netconf: (channel) => channel.write('<hello>') })
      const signal = AbortSignal.timeout(800)
      const devices = [works, refuses, talks, stalls]
      const runs = devices.flatMap((device) =>
        Array.from({ length: rounds }, () => probe(taskFor(device), signal)),
      )
      const outcomes = new Set((await Promise.all(runs)).map(({ outcome }) => outcome))
      expect(outcomes).toEqual(new Set(['SUPPORTED', 'NO_NETCONF', 'SSH_FAILED', 'CANCELLED']))
      await Promise.all(devices.map((device) => device.idle()))
    }
    await setImmediate()
    // The test runner has timers of its own, a few.
    expect(count('Timeout') - before.timers).toBeLessThan(rounds)
    expect(count('TCPSocketWrap') - before.sockets).toBeLessThan(rounds)
  })

  it('leaves no listener on the signal', async () => {
    await using device = await sshDevice({ netconf: healthy })
    const { signal } = new AbortController()
    await probe(taskFor(device), signal)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
