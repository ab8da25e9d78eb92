import { generateKeyPairSync } from 'node:crypto'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { describeHostKey } from '../../src/netconf/ssh/host-keys.ts'
import { deriveKeyPair } from '../../src/simulator/key-pair.ts'
import { healthy, run } from './support/probing.ts'
import { type SshBehaviour, sshDevice } from './support/ssh-device.ts'

function publicHalf(privateKey: string) {
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) throw parsed
  return describeHostKey(parsed.getPublicSSH())
}

const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey
const ed25519 = deriveKeyPair('one').privateKey
const other = publicHalf(deriveKeyPair('another').privateKey)
const [rsaKey, ed25519Key] = [publicHalf(rsa), publicHalf(ed25519)]

describe('a host key', () => {
  it('is reported in the notation of ssh-keygen -l', () => {
    // RFC 8709 has no example: a key that OpenSSH made, and what its ssh-keygen says of it.
    const key = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIJhOfoPPBUSQl0KFi9On8vkuSNnRTASaex9bf9UA8+h8', 'base64')
    expect(describeHostKey(key)).toEqual({
      algorithm: 'ssh-ed25519',
      fingerprint: 'SHA256:Qw7g5pvMunuM1SPIMGZcoZ6MqkPbNYZN7tJWh3gaYIM',
    })
  })

  it.each([
    ['any', { check: 'any' } as const],
    ['the one that is known', { check: 'known', keys: [ed25519Key] } as const],
    ['known of another port', { check: 'known', keys: [{ ...ed25519Key, ofOtherPort: true }] } as const],
    ['one of those that are known', { check: 'known', keys: [other, ed25519Key] } as const],
  ])('is accepted and verified if it is %s', async (_what, hostKeys) => {
    await using device = await sshDevice({ netconf: healthy, hostKeys: [ed25519] })
    expect(await run(device, { hostKeys })).toMatchObject({
      outcome: 'SUPPORTED',
      peer: { hostKey: { ...ed25519Key, verified: true } },
    })
  })

  it('that changed ends the probe before a credential is sent', async () => {
    await using device = await sshDevice({ netconf: healthy, hostKeys: [ed25519] })
    const report = await run(device, { hostKeys: { check: 'known', keys: [other] } })
    expect(report).toMatchObject({
      outcome: 'HOST_KEY_CHANGED',
      phase: 'KEY_EXCHANGE',
      message:
        `The host key changed: the device shows ssh-ed25519 ${ed25519Key.fingerprint}, known is ssh-ed25519 ` +
        `${other.fingerprint}; no credential was sent to it: find out why before you trust the new key.`,
      capabilities: null,
      peer: { hostKey: { ...ed25519Key, verified: false }, algorithms: null },
    })
    expect(device.logins).toEqual([])
    await device.idle()
  })

  it.each([
    ['that no known-hosts file has', []],
    ['that is another than on another port', [{ ...other, ofOtherPort: true }] as const],
  ])('%s ends the probe as well, and is not reported as a change', async (_what, keys) => {
    await using device = await sshDevice({ netconf: healthy, hostKeys: [ed25519] })
    expect(await run(device, { hostKeys: { check: 'known', keys } })).toMatchObject({
      outcome: 'SSH_FAILED',
      phase: 'KEY_EXCHANGE',
      message: `The known-hosts file has no key for the device, which shows ssh-ed25519 ${ed25519Key.fingerprint}; check the key and add it there.`,
      peer: { hostKey: { ...ed25519Key, verified: false } },
    })
    expect(device.logins).toEqual([])
  })

  it.each([
    ['RSA', rsaKey, 'rsa-sha2-256'],
    ['Ed25519', ed25519Key, 'ssh-ed25519'],
  ])('of several is requested by the known key: %s', async (_what, known, algorithm) => {
    await using device = await sshDevice({ netconf: healthy, hostKeys: [ed25519, rsa] })
    expect(await run(device, { hostKeys: { check: 'known', keys: [known] } })).toMatchObject({
      outcome: 'SUPPORTED',
      peer: { hostKey: { ...known, verified: true }, algorithms: { hostKey: algorithm, legacy: false } },
    })
  })
})

describe('legacy algorithms', () => {
  const old: [string, SshBehaviour['algorithms'], object][] = [
    ['a key exchange', { kex: ['diffie-hellman-group14-sha1'] }, { kex: 'diffie-hellman-group14-sha1' }],
    ['an older one', { kex: ['diffie-hellman-group1-sha1'] }, { kex: 'diffie-hellman-group1-sha1' }],
    ['a host key', { serverHostKey: ['ssh-rsa'] }, { hostKey: 'ssh-rsa' }],
    ['a cipher', { cipher: ['aes256-cbc'] }, { cipher: 'aes256-cbc' }],
    ['an older one', { cipher: ['3des-cbc'] }, { cipher: '3des-cbc' }],
    ['a MAC', { cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] }, { cipher: 'aes128-ctr', mac: 'hmac-sha1' }],
  ]
  it.each(old)(
    'are used if they are allowed and the device has nothing better: %s',
    async (_what, algorithms, used) => {
      await using device = await sshDevice({ netconf: healthy, algorithms })
      expect(await run(device, { legacyAlgorithms: true })).toMatchObject({
        outcome: 'SUPPORTED',
        peer: { algorithms: { ...used, legacy: true } },
      })
      expect(await run(device)).toMatchObject({ outcome: 'SSH_FAILED', phase: 'KEY_EXCHANGE' })
    },
  )

  it('are not used with a device that has better ones', async () => {
    await using device = await sshDevice({ netconf: healthy })
    expect(await run(device, { legacyAlgorithms: true })).toMatchObject({
      peer: { algorithms: { kex: 'curve25519-sha256', hostKey: 'rsa-sha2-256', legacy: false } },
    })
  })

  it('never include group exchange, which costs seconds', async () => {
    await using device = await sshDevice({ algorithms: { kex: ['diffie-hellman-group-exchange-sha256'] } })
    expect(await run(device, { legacyAlgorithms: true })).toMatchObject({
      outcome: 'SSH_FAILED',
      message: expect.stringContaining('No key exchange algorithm in common'),
    })
  })
})
