import type { ServerConfig } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { healthy, run } from './support/probing.ts'
import { sshDevice } from './support/ssh-device.ts'

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
