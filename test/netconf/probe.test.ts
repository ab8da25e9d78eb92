import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ServerChannel } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { HandClock } from '../support/hand-clock.ts'
import { HELLO, healthy, run } from './support/probing.ts'
import { BASES, helloOf, sshDevice, tcpDevice } from './support/ssh-device.ts'

describe('a device that works', () => {
  it('is SUPPORTED, with the identification, the algorithms and the time of each phase', async () => {
    await using device = await sshDevice({ netconf: healthy })
    const report = await run(device, { required: [{ uri: 'urn:ietf:params:netconf:base:1.1' }] })
    expect(report).toMatchObject({
      outcome: 'SUPPORTED',
      phase: 'CLOSE',
      message: null,
      capabilities: BASES,
      missing: [],
      sessionId: 4,
      peer: {
        address: '127.0.0.1',
        identification: expect.stringMatching(/^ssh2js/),
        hostKey: { algorithm: 'ssh-rsa', fingerprint: expect.stringMatching(/^SHA256:[\w+/]{43}$/) },
        algorithms: {
          kex: 'curve25519-sha256',
          cipher: 'aes128-gcm@openssh.com',
          mac: null,
          hostKey: 'rsa-sha2-256',
        },
        framing: 'chunked',
      },
    })
    expect(report.phases.map(({ phase }) => phase)).toEqual([
      'CONNECT',
      'KEY_EXCHANGE',
      'AUTHENTICATE',
      'SUBSYSTEM',
      'HELLO',
      'CLOSE',
    ])
    const total = report.phases.reduce((sum, { durationMs }) => sum + durationMs, 0)
    expect(total).toBeGreaterThan(0)
    expect(total).toBeLessThanOrEqual(report.durationMs)
    await device.idle()
  })

  it('is resolved first if it has a name', async () => {
    await using device = await sshDevice({ netconf: healthy })
    const report = await run(device, { host: 'localhost' })
    expect(report).toMatchObject({ outcome: 'SUPPORTED', peer: { address: '127.0.0.1' } })
    expect(report.phases[0]).toMatchObject({ phase: 'RESOLVE' })
  })

  it('is MISSING_CAPABILITIES if it lacks a required one', async () => {
    await using device = await sshDevice({ netconf: healthy })
    const report = await run(device, { required: [{ module: 'ietf-interfaces' }, { uri: BASES[0] ?? '' }] })
    expect(report).toMatchObject({
      outcome: 'MISSING_CAPABILITIES',
      message: 'The device does not offer ietf-interfaces.',
      missing: ['ietf-interfaces'],
      capabilities: BASES,
    })
  })

  it.each([
    ['without a session-id', `${helloOf(BASES, null)}]]>]]>`, ['The hello has no session-id.']],
    [
      'with a session-id of 0',
      `${helloOf(BASES, '0')}]]>]]>`,
      ['The session-id of the hello is "0", not a number from 1 to 4294967295.'],
    ],
    [
      'after an error',
      `<rpc-error/>]]>]]>${helloOf(BASES)}]]>]]>`,
      ['Before its hello the device sent "<rpc-error/>".'],
    ],
    ['with base:1.0 alone', `${helloOf(BASES.slice(0, 1))}]]>]]>`, []],
    ['with base:1.1 alone', `${helloOf(BASES.slice(1))}]]>]]>`, []],
  ])('is SUPPORTED %s', async (_what, hello, notes) => {
    await using device = await sshDevice({ netconf: (channel) => channel.end(hello) })
    expect(await run(device)).toMatchObject({ outcome: 'SUPPORTED', message: null, notes })
  })

  it.each([
    [
      'end-of-message framing',
      BASES,
      '<rpc-reply><ok/></rpc-reply>]]>]]>',
      'The device broke the NETCONF framing after its hello: it offers base:1.1, but a message is not in chunks.',
    ],
    [
      'a chunk of no size',
      BASES,
      '\n#0\n',
      'The device broke the NETCONF framing after its hello: a chunk size does not start with a digit from 1 to 9.',
    ],
    ['a second hello to base:1.0', BASES.slice(0, 1), HELLO, 'The device sent a second hello.'],
  ])(
    'notes that a device answers with %s, whether or not facts are asked for',
    async (_what, bases, answer, note) => {
      const capabilities = [...bases, 'urn:ietf:params:xml:ns:yang:ietf-system?module=ietf-system']
      await using device = await sshDevice({
        netconf: (channel) => {
          channel.write(`${helloOf(capabilities)}]]>]]>`)
          channel.on('data', (bytes: Buffer) => {
            if (bytes.includes('<rpc ')) channel.write(answer)
          })
        },
      })
      const [plain, asked] = [await run(device), await run(device, { readFacts: true })]
      expect(plain).toMatchObject({ outcome: 'SUPPORTED', notes: [note] })
      expect(asked).toMatchObject({ outcome: 'SUPPORTED', facts: null })
      expect(asked.notes.filter((text) => text.includes(note))).toHaveLength(1)
    },
  )

  it.each<[string, number, (channel: ServerChannel, clock: HandClock) => void]>([
    [
      'never answers close-session',
      1_000,
      (channel, clock) =>
        channel.on('data', (bytes: Buffer) => bytes.includes('<close-session/>') && clock.advance(1_000)),
    ],
    ['closes instead', 0, (channel) => channel.once('data', () => channel.close())],
    ['drops the connection', 0, () => {}],
  ])('is SUPPORTED when it %s, after %d ms', async (what, durationMs, afterwards) => {
    const clock = new HandClock()
    await using device = await sshDevice({
      netconf: (channel, socket) => {
        channel.write(HELLO, () => {
          if (what === 'drops the connection') socket.resetAndDestroy()
        })
        afterwards(channel, clock)
      },
    })
    expect(await run(device, {}, clock)).toMatchObject({
      outcome: 'SUPPORTED',
      phase: 'CLOSE',
      message: null,
      durationMs,
    })
    await device.idle()
  })

  it('is SUPPORTED when it exchanges keys again before its hello', async () => {
    await using device = await sshDevice({
      netconf: (channel, _socket, connection) => connection.rekey(() => healthy(channel)),
    })
    const report = await run(device)
    expect(report).toMatchObject({ outcome: 'SUPPORTED', phase: 'CLOSE' })
    expect(report.phases.filter(({ phase }) => phase === 'AUTHENTICATE')).toHaveLength(1)
  })

  it('is SUPPORTED with 5 MB of standard error before its hello', async () => {
    await using device = await sshDevice({
      netconf: (channel) => channel.stderr.write(Buffer.alloc(5_000_000, 'x'), () => healthy(channel)),
    })
    expect(await run(device)).toMatchObject({ outcome: 'SUPPORTED' })
  })

  it('is SUPPORTED when its identification comes in pieces, after a banner', async () => {
    await using server = await sshDevice({ netconf: healthy })
    await using device = await tcpDevice(async (socket) => {
      await written(socket, 'Authorised users only\r\n')
      const upstream = connect(server.port, '127.0.0.1')
      const [first] = await once(upstream, 'data')
      for (const byte of first) await written(socket, Buffer.of(byte))
      upstream
        .on('error', () => {})
        .pipe(socket)
        .pipe(upstream)
    })
    expect(await run(device)).toMatchObject({ outcome: 'SUPPORTED' })
  })
})

function written(socket: Socket, bytes: string | Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()))
}
