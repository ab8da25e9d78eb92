import type { ServerConfig } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { spawnFleet } from '../../src/simulator/spawn-fleet.ts'
import { probeTask } from '../support/probe-task.ts'
import { healthy, run } from './support/probing.ts'
import { sshDevice, talker } from './support/ssh-device.ts'

type Algorithms = NonNullable<ServerConfig['algorithms']>

describe('a device that has only one algorithm of a kind', () => {
  it.each<[Algorithms]>([
    [{ cipher: ['aes192-ctr'] }],
    [{ cipher: ['aes128-gcm'] }],
    [{ cipher: ['aes256-gcm'] }],
    [{ kex: ['diffie-hellman-group15-sha512'] }],
    [{ kex: ['diffie-hellman-group18-sha512'] }],
    [{ cipher: ['aes128-ctr'], hmac: ['hmac-sha2-512-etm@openssh.com'] }],
  ])('is probed with %j', async (algorithms) => {
    await using device = await sshDevice({ algorithms, netconf: healthy })
    expect(await run(device)).toMatchObject({
      outcome: 'SUPPORTED',
      peer: { algorithms: { legacy: false } },
    })
  })

  it.each<[Algorithms]>([
    [{ cipher: ['aes192-cbc'] }],
    [{ cipher: ['aes128-ctr'], hmac: ['hmac-sha1-etm@openssh.com'] }],
    [{ cipher: ['aes128-ctr'], hmac: ['hmac-sha1-96'] }],
    [{ cipher: ['aes128-cbc'], hmac: ['hmac-md5'] }],
  ])('is probed with %j if it may use weak ones', async (algorithms) => {
    await using device = await sshDevice({ algorithms, netconf: healthy })
    const report = await run(device)
    expect(report).toMatchObject({ outcome: 'SSH_FAILED' })
    expect(report.message).toContain('probe.legacyAlgorithms')
    expect(await run(device, { legacyAlgorithms: true })).toMatchObject({
      outcome: 'SUPPORTED',
      peer: { algorithms: { legacy: true } },
    })
  })
})

/** The name-lists of a KEXINIT behind an identification; null until all of it has come. */
function offeredIn(bytes: Buffer): string | null {
  const packet = bytes.subarray(bytes.indexOf('\n') + 1)
  if (packet.length < 6 || packet.length < 4 + packet.readUInt32BE(0)) return null
  // After length, length of the padding, type and cookie.
  return packet.toString('latin1', 22, 4 + packet.readUInt32BE(0) - packet.readUInt8(4))
}

describe('the offer of algorithms', () => {
  it('is the same for each connection, and has weak ones only for a device that may use them', async () => {
    const offers: string[] = []
    await using device = await talker((socket) => {
      let heard = Buffer.alloc(0)
      socket.write('SSH-2.0-device\r\n')
      socket.on('data', (bytes: Buffer) => {
        heard = Buffer.concat([heard, bytes])
        const offer = offeredIn(heard)
        if (offer === null) return
        offers.push(offer)
        socket.destroy()
      })
    })
    for (const legacyAlgorithms of [false, true, false, true]) await run(device, { legacyAlgorithms })
    const [safe, weak] = offers
    expect(offers).toEqual([safe, weak, safe, weak])
    expect(safe).toContain('curve25519-sha256,')
    expect(safe).toContain(',kex-strict-c-v00@openssh.com')
    expect(safe).not.toMatch(/group-exchange|sha1|cbc|md5/)
    expect(weak).toContain('diffie-hellman-group1-sha1')
  })
})

describe('a key exchange over Curve25519', () => {
  it('succeeds with a server in another process, the first time and later', async () => {
    await using fleet = Object.assign(await spawnFleet({ devices: 1, faulty: 0 }), {
      [Symbol.asyncDispose]: () => fleet.close(),
    })
    const [device] = fleet.inventory
    if (device === undefined) throw new Error('The fleet has no device.')
    const task = probeTask({ host: device.address, port: device.port, credential: fleet.credential })
    for (let count = 0; count < 20; count += 1) {
      expect(await probe(task, new AbortController().signal)).toMatchObject({
        outcome: 'SUPPORTED',
        peer: { algorithms: { kex: 'curve25519-sha256', cipher: 'aes128-gcm@openssh.com' } },
      })
    }
  })
})
