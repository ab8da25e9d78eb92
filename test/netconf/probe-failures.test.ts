import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { disconnect } from '../../src/simulator/key-exchange-faults.ts'
import { HandClock } from '../support/hand-clock.ts'
import { startFullListener } from './support/full-listener.ts'
import { run } from './support/probing.ts'
import { helloOf, type SshBehaviour, sshDevice, talker } from './support/ssh-device.ts'

describe('before SSH', () => {
  it('reports a name that does not resolve', async () => {
    expect(await run({ port: 830 }, { host: 'no-such-device.invalid' })).toMatchObject({
      outcome: 'DNS_FAILED',
      phase: 'RESOLVE',
      message: expect.stringMatching(/^The name no-such-device.invalid was not resolved \(E\w+\); check/),
      capabilities: null,
      peer: { address: null },
    })
  })

  it.each(['0.0.0.0', '::', '::ffff:0.0.0.0'])(
    'does not connect to %s, which is this machine',
    async (host) => {
      await using device = await talker(() => {})
      const report = await run(device, { host })
      expect(report).toMatchObject({
        outcome: 'UNREACHABLE',
        message: `${host} is the address of no device: a connection to it ends at this machine; correct the inventory.`,
        peer: { address: null },
      })
    },
  )

  it.each(['0', '0x0', '0.0.0'])('does not connect if a name is resolved to 0.0.0.0: %s', async (host) => {
    await using device = await talker(() => {})
    expect(await run(device, { host })).toMatchObject({
      outcome: 'DNS_FAILED',
      phase: 'RESOLVE',
      message: `The name ${host} was resolved to 0.0.0.0, the address of no device; check the inventory and the name server.`,
      peer: { address: null },
    })
  })

  it('reports a refused connection', async () => {
    const device = await talker(() => {})
    await device[Symbol.asyncDispose]()
    expect(await run(device)).toMatchObject({
      outcome: 'CONNECTION_REFUSED',
      phase: 'CONNECT',
      message: expect.stringContaining(`127.0.0.1 port ${device.port} was refused; check`),
    })
  })

  it('reports an address without a route', async () => {
    // The last class of addresses is reserved: the kernel itself says no.
    expect(await run({ port: 830 }, { host: '255.255.255.255' })).toMatchObject({
      outcome: 'UNREACHABLE',
      phase: 'CONNECT',
      message: expect.stringMatching(/^No TCP connection to 255.255.255.255 port 830 \(E\w+\); check/),
    })
  })

  it('reports a port that never answers', async () => {
    const port = await startFullListener()
    const clock = new HandClock()
    const running = run({ port }, { timeoutMs: 300 }, clock)
    // It connects in the turn after.
    await setImmediate()
    clock.advance(300)
    expect(await running).toMatchObject({
      outcome: 'UNREACHABLE',
      phase: 'CONNECT',
      message: `No answer to the TCP connection to 127.0.0.1 port ${port} within 0.3 s; check that it is up and no firewall drops the port.`,
      durationMs: 300,
    })
  })

  it('reports a connection that is reset at once', async () => {
    await using device = await talker((socket) => socket.resetAndDestroy())
    // The reset may come before the connection counts as made.
    expect(await run(device)).toMatchObject({
      outcome: 'CONNECTION_REFUSED',
      message: expect.stringMatching(/was reset; check|closed it before SSH began; check/),
    })
  })

  it.each<[string, (socket: Socket) => void, string, string]>([
    ['closes at once', (socket) => socket.end(), 'CONNECTION_REFUSED', 'closed it before SSH began'],
    [
      'says 220',
      (socket) => socket.write('220 ready\r\n'),
      'SSH_FAILED',
      'Not SSH: the device sent "220 ready"',
    ],
    [
      'speaks HTTP',
      (socket) => socket.write('HTTP/1.1 400 Bad\r\n\r\n'),
      'SSH_FAILED',
      'Not SSH: the device speaks HTTP on this port and sent "HTTP/1.1 400 Bad"; NETCONF over SSH is usually on 830 or 22.',
    ],
    [
      'speaks telnet',
      (socket) => socket.write(Buffer.of(0xff, 0xfd, 0x18)),
      'SSH_FAILED',
      'Not SSH: the device speaks Telnet on this port; NETCONF over SSH is usually on 830 or 22.',
    ],
    [
      'speaks TLS',
      (socket) => socket.end(Buffer.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46)),
      'SSH_FAILED',
      'Not SSH: the device speaks TLS on this port; NETCONF over SSH is usually on 830 or 22.',
    ],
    ['sends zeros', (socket) => socket.write(Buffer.alloc(4)), 'SSH_FAILED', 'sent bytes that are not text'],
    [
      'is full',
      (socket) => socket.end('Exceeded MaxStartups\r\n'),
      'CONNECTION_REFUSED',
      'closed it before SSH began, and said "Exceeded MaxStartups"; check its access list and its limit',
    ],
    [
      'breaks off in a word',
      (socket) => socket.end('% Connection ref'),
      'CONNECTION_REFUSED',
      '"% Connection ref"',
    ],
    [
      'breaks off in its identification',
      (socket) => socket.end('SSH-2.'),
      'CONNECTION_REFUSED',
      'SSH began; check',
    ],
    [
      'is full, and says so in UTF-8',
      (socket) => socket.end('Zu viele für heute\r\n'),
      'CONNECTION_REFUSED',
      'and said "Zu viele für heute"; check',
    ],
    [
      'is a full FTP server',
      (socket) => socket.end('421 Too many users\r\n'),
      'SSH_FAILED',
      '"421 Too many users"',
    ],
    [
      'sends a page',
      (socket) => socket.end('<html><title>400'),
      'SSH_FAILED',
      'Not SSH: the device speaks HTTP on this port and sent "<html>',
    ],
    [
      'is a full mailbox',
      (socket) => socket.end('-ERR busy\r\n'),
      'SSH_FAILED',
      'Not SSH: the device sent "-ERR busy"',
    ],
    [
      'speaks SSH 1',
      (socket) => socket.write('SSH-1.5-old\n'),
      'SSH_FAILED',
      'identifies itself as "SSH-1.5-old" and speaks SSH 1.5 only',
    ],
    [
      'has a malformed identification',
      (socket) => socket.write('Hello\r\nSSH-2.0\x1b[2J\r\n'),
      'SSH_FAILED',
      'sent the SSH identification "SSH-2.0 [2J", which is malformed',
    ],
    [
      'floods text',
      (socket) => socket.write('a line of text\n'.repeat(99_999)),
      'SSH_FAILED',
      'without an SSH identification',
    ],
  ])('reports a device that %s', async (_what, act, outcome, message) => {
    await using device = await talker(act)
    expect(await run(device)).toMatchObject({
      outcome,
      phase: 'KEY_EXCHANGE',
      message: expect.stringContaining(message),
      peer: { identification: null },
    })
    await device.idle()
  })
})

const LEGACY_HELPS =
  ', or allow it legacy algorithms (probe.legacyAlgorithms, or --legacy for a single probe)'

describe('in SSH', () => {
  it.each([
    [
      'key exchange algorithm',
      { kex: ['diffie-hellman-group-exchange-sha256'] },
      'diffie-hellman-group14-sha256',
      '',
    ],
    [
      'key exchange algorithm',
      { kex: ['diffie-hellman-group1-sha1'] },
      'diffie-hellman-group14-sha256',
      LEGACY_HELPS,
    ],
    ['cipher', { cipher: ['aes128-cbc'] }, 'aes128-ctr', LEGACY_HELPS],
    ['MAC', { cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] }, 'hmac-sha2-256', LEGACY_HELPS],
    ['MAC', { cipher: ['aes128-ctr'], hmac: ['hmac-md5-96'] }, 'hmac-sha2-256', ''],
    ['host key algorithm', { serverHostKey: ['ssh-rsa'] }, 'rsa-sha2-256', LEGACY_HELPS],
  ] satisfies [string, SshBehaviour['algorithms'], string, string][])(
    'reports that there is no common %s with %j',
    async (what, algorithms, instead, hint) => {
      await using device = await sshDevice({ algorithms })
      const offered = Object.values(algorithms).at(-1)?.[0]
      expect(await run(device)).toMatchObject({
        outcome: 'SSH_FAILED',
        phase: 'KEY_EXCHANGE',
        message: `No ${what} in common: the device offers only ${offered}; turn on ${instead} there${hint}.`,
        peer: { identification: expect.stringMatching(/^ssh2js/), algorithms: null, hostKey: null },
      })
      await device.idle()
    },
  )

  it('names each kind that lacks a common algorithm, and legacy ones only if they help with all', async () => {
    const kex = 'diffie-hellman-group1-sha1' as const
    await using helped = await sshDevice({ algorithms: { kex: [kex], cipher: ['aes256-cbc'] } })
    expect((await run(helped)).message).toBe(
      `No key exchange algorithm in common: the device offers only ${kex}; no cipher in common: the device ` +
        `offers only aes256-cbc; turn on diffie-hellman-group14-sha256 and aes128-ctr there${LEGACY_HELPS}.`,
    )
    const algorithms = {
      kex: [kex],
      cipher: ['aes128-ctr'],
      hmac: ['hmac-md5-96'],
    } satisfies SshBehaviour['algorithms']
    await using beyondHelp = await sshDevice({ algorithms })
    const report = await run(beyondHelp)
    expect(report.message).toContain('no MAC in common: the device offers only hmac-md5-96; turn on')
    expect(report.message).not.toContain('legacy')
  })

  it.each(['aes128-gcm@openssh.com', 'aes256-gcm'])(
    'needs no common MAC if the cipher is %s, which has its own',
    async (cipher) => {
      const algorithms = { kex: ['diffie-hellman-group1-sha1'], cipher: [cipher], hmac: ['hmac-md5-96'] }
      await using device = await sshDevice({ algorithms: algorithms as SshBehaviour['algorithms'] })
      const { message } = await run(device)
      expect(message).toMatch(/^No key exchange algorithm in common/)
      expect(message).not.toContain('MAC')
    },
  )

  it.each<[string, string, string, string]>([
    ['garbage', `SSH-2.0-x\r\n${'\xff'.repeat(64)}`, 'SSH_FAILED', 'SSH failed during the key exchange'],
    [
      'plain words',
      'SSH-2.0-x\r\nToo many sessions, bye\r\n',
      'CONNECTION_REFUSED',
      'said "Too many sessions, bye" in place of a key exchange; check',
    ],
    ['a hang-up', 'SSH-2.0-x\r\n', 'CONNECTION_LOST', 'closed the connection during the key exchange'],
  ])('reports %s after the identification', async (_what, answer, outcome, message) => {
    await using device = await talker((socket) => socket.end(answer))
    expect(await run(device)).toMatchObject({
      outcome,
      phase: 'KEY_EXCHANGE',
      message: expect.stringContaining(message),
      peer: { identification: 'x' },
    })
  })

  it.each<[number, string, string, string]>([
    [
      1,
      'Your address is not welcome',
      'CONNECTION_REFUSED',
      'and said "Your address is not welcome"; check its access',
    ],
    [2, 'Bad packet', 'SSH_FAILED', 'and said "Bad packet"; check its SSH log.'],
    [3, '', 'SSH_FAILED', ', with the reason "key exchange failed"; check'],
    [10, 'Idle', 'CONNECTION_LOST', 'and said "Idle"; check'],
    [11, 'Going down', 'CONNECTION_LOST', 'during the key exchange and said "Going down"; check'],
    [11, '', 'CONNECTION_LOST', ', with the reason "by application"; check'],
    [12, '', 'CONNECTION_REFUSED', ', with the reason "too many connections"; check its access list'],
    [99, 'Why\x1b[2J', 'CONNECTION_LOST', 'and said "Why [2J"; check'],
    [99, '', 'CONNECTION_LOST', ', with the reason "99"; check'],
  ])(
    'reports the reason %d of a disconnect with the description %j',
    async (reason, words, outcome, message) => {
      const bytes = Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), disconnect(reason, words)])
      await using device = await talker((socket) => socket.end(bytes))
      expect(await run(device)).toMatchObject({
        outcome,
        phase: 'KEY_EXCHANGE',
        message: expect.stringContaining(message),
      })
    },
  )

  it('reports a refused subsystem', async () => {
    await using device = await sshDevice()
    expect(await run(device)).toMatchObject({
      outcome: 'NO_NETCONF',
      phase: 'SUBSYSTEM',
      message: expect.stringContaining('refused the netconf subsystem; turn on'),
    })
    await device.idle()
  })

  it.each<[string, NonNullable<SshBehaviour['subsystem']>]>([
    ['closed', (socket) => socket.end()],
    ['reset', (socket) => socket.resetAndDestroy()],
    ['ended over SSH', (_socket, connection) => connection.end()],
  ])('distinguishes a connection %s from a refused subsystem', async (_what, subsystem) => {
    await using device = await sshDevice({ subsystem })
    expect(await run(device)).toMatchObject({
      outcome: 'CONNECTION_LOST',
      phase: 'SUBSYSTEM',
      message: expect.stringContaining('during the request for the netconf subsystem'),
    })
  })
})

describe('in NETCONF', () => {
  it.each<[string, NonNullable<SshBehaviour['netconf']>, string, string]>([
    ['no hello', (channel) => channel.end(), 'PROTOCOL_ERROR', 'closed the session without a hello'],
    [
      'an exit with a reason',
      (channel) => {
        channel.stderr.write('sh: netconf: not found\n')
        channel.exit(127)
        channel.end()
      },
      'PROTOCOL_ERROR',
      'exit status 127: not found) and said "sh: netconf: not found"',
    ],
    [
      'a hello cut off',
      (channel) => channel.end('<hello>'),
      'PROTOCOL_ERROR',
      'closed the session 7 bytes into its hello',
    ],
    [
      'a connection cut off',
      (channel, socket) => channel.write('<hello>', () => socket.end()),
      'CONNECTION_LOST',
      'during the NETCONF session',
    ],
    [
      'a connection reset',
      (_channel, socket) => socket.resetAndDestroy(),
      'CONNECTION_LOST',
      'during the NETCONF session',
    ],
    [
      'a malformed hello',
      (channel) => channel.write('<hello><a></hello>]]>]]>'),
      'PROTOCOL_ERROR',
      'not well-formed XML (1:',
    ],
    [
      'a hello without a base',
      (channel) => channel.write(`${helloOf(['urn:x'])}]]>]]>`),
      'PROTOCOL_ERROR',
      'neither base:1.0 nor base:1.1',
    ],
    [
      'an oversized hello',
      (channel) => channel.write('x'.repeat(5_000_000)),
      'PROTOCOL_ERROR',
      'longer than 4194304 bytes',
    ],
    [
      'endless standard error',
      (channel) => channel.stderr.write(Buffer.alloc(20_000_000)),
      'PROTOCOL_ERROR',
      'more than 16777216 bytes',
    ],
  ])('reports %s', async (_what, netconf, outcome, message) => {
    await using device = await sshDevice({ netconf })
    expect(await run(device)).toMatchObject({
      outcome,
      phase: 'HELLO',
      message: expect.stringContaining(message),
      capabilities: null,
      sessionId: null,
    })
    await device.idle()
  })
})
