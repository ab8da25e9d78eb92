import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { HELLO, healthy } from './support/probing.ts'
import { type Device, sshDevice, talker, taskFor } from './support/ssh-device.ts'
import { probeUntilStalled, type StalledDevice } from './support/stalled-probe.ts'

/** Devices that stop, each in another phase. */
const stalls: [string, StalledDevice, string, string][] = [
  [
    'says nothing',
    (stalled) => talker((socket) => socket.once('data', stalled)),
    'KEY_EXCHANGE',
    'sent no SSH identification within 0.3 s',
  ],
  [
    'greets and stops',
    (stalled) => saying('Welcome\r\n', stalled),
    'KEY_EXCHANGE',
    'sent "Welcome" but no SSH identification',
  ],
  [
    'stops at the key exchange',
    (stalled) => saying('SSH-2.0-x\r\n', stalled),
    'KEY_EXCHANGE',
    'The device (x) did not finish the key exchange',
  ],
  [
    'stops at the login',
    (stalled) => sshDevice({ login: stalled }),
    'AUTHENTICATE',
    'did not answer the login of user netops',
  ],
  [
    'stops at the subsystem',
    (stalled) => sshDevice({ subsystem: stalled }),
    'SUBSYSTEM',
    'did not answer the request for the netconf subsystem',
  ],
  [
    'sends no hello',
    (stalled) => sshDevice({ netconf: (channel) => channel.once('data', stalled) }),
    'HELLO',
    'opened netconf but sent no hello within',
  ],
  [
    'stops in its hello',
    (stalled) =>
      sshDevice({
        netconf: (channel) => {
          channel.write('<hello>')
          channel.once('data', stalled)
        },
      }),
    'HELLO',
    'sent 7 bytes of its hello but not the end of it',
  ],
]

/** A device that says this over TCP, and nothing more once it has heard something. */
function saying(text: string, stalled: () => void) {
  return talker((socket) => {
    socket.write(text)
    socket.once('data', stalled)
  })
}

describe('the deadline', () => {
  it.each(stalls)('ends the probe of a device that %s', async (_what, start, phase, message) => {
    await using stalled = await probeUntilStalled(start, { timeoutMs: 300 })
    stalled.clock.advance(299)
    expect(await stalled.isRunning()).toBe(true)
    stalled.clock.advance(1)
    expect(await stalled.report).toMatchObject({
      outcome: 'TIMEOUT',
      phase,
      message: expect.stringContaining(message),
      durationMs: 300,
    })
    expect(stalled.clock.timers).toBe(0)
    await stalled.device.idle()
  })

  it('covers the wait for the answer to close-session', async () => {
    await using stalled = await probeUntilStalled(
      (stalled) =>
        sshDevice({
          netconf: (channel) => {
            channel.write(HELLO)
            channel.on('data', (bytes: Buffer) => bytes.includes('<close-session/>') && stalled())
          },
        }),
      { timeoutMs: 300 },
    )
    stalled.clock.advance(300)
    expect(await stalled.report).toMatchObject({ outcome: 'SUPPORTED', phase: 'CLOSE', durationMs: 300 })
  })
})

describe('an abort', () => {
  it.each(stalls)(
    'ends the probe of a device that %s at once, and destroys the socket',
    async (_what, start, phase) => {
      await using stalled = await probeUntilStalled(start)
      stalled.abort()
      // The clock stands still: no timer has a part in it.
      expect(await stalled.report).toMatchObject({ outcome: 'CANCELLED', phase, durationMs: 0 })
      expect(stalled.clock.timers).toBe(0)
      await stalled.device.idle()
    },
  )

  it('before the start opens no connection', async () => {
    await using device = await talker(() => {})
    expect(await probe(taskFor(device), AbortSignal.abort())).toMatchObject({
      outcome: 'CANCELLED',
      phase: 'QUEUED',
      phases: [],
    })
    expect(device.connections()).toBe(0)
  })

  it('leaves nothing behind, like every other end', async () => {
    const count = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length
    const before = { timers: count('Timeout'), sockets: count('TCPSocketWrap') }
    const rounds = 10
    {
      await using works = await sshDevice({ netconf: healthy })
      await using refuses = await sshDevice()
      await using talks = await talker((socket) => socket.write('220 ready\r\n'))
      await using stalls = await sshDevice({ netconf: (channel) => channel.write('<hello>') })
      const controller = new AbortController()
      const probes = (device: Device) =>
        Array.from({ length: rounds }, () => probe(taskFor(device), controller.signal))
      const stalled = probes(stalls)
      const ended = await Promise.all([works, refuses, talks].flatMap(probes))
      controller.abort()
      const outcomes = [...ended, ...(await Promise.all(stalled))].map(({ outcome }) => outcome)
      expect(new Set(outcomes)).toEqual(new Set(['SUPPORTED', 'NO_NETCONF', 'SSH_FAILED', 'CANCELLED']))
      await Promise.all([works, refuses, talks, stalls].map((device) => device.idle()))
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
