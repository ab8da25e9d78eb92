import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { encodeEd25519Key, sshString, uint32 } from '../../src/base/openssh-key.ts'
import { readPrivateKey } from '../../src/base/private-key.ts'

const PASSPHRASE = 'canary phrase'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const [p256, p384, p521] = [ec('prime256v1'), ec('secp384r1'), ec('secp521r1')]
const ed25519 = generateKeyPairSync('ed25519').privateKey

type PemType = 'pkcs1' | 'pkcs8' | 'sec1'

function pemOf(key: KeyObject, type: PemType): string {
  return key.export({ type, format: 'pem' }).toString()
}

function encryptedPemOf(key: KeyObject, type: PemType): string {
  const encryption = { cipher: 'aes-256-cbc', passphrase: PASSPHRASE }
  return key.export({ type, format: 'pem', ...encryption }).toString()
}

/** What OpenSSH writes; only the beginning, up to the public key. */
function opensshWith(cipher: string, type: string, rounds = 16): string {
  const bcrypt = sshString(Buffer.concat([sshString('salt'), uint32(rounds)]))
  const kdf = cipher === 'none' ? [sshString('none'), sshString('')] : [sshString('bcrypt'), bcrypt]
  const parts = [sshString(cipher), ...kdf, uint32(1), sshString(sshString(type))]
  const bytes = Buffer.concat([Buffer.from('openssh-key-v1\0'), ...parts])
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----`
}

/** Whether the SSH library takes what comes of the text, and signs with this key. */
function signsWith(key: KeyObject, text: string): boolean {
  const answer = readPrivateKey(text, { passphrase: PASSPHRASE })
  if ('problem' in answer) throw new Error(answer.problem)
  const parsed = ssh2.utils.parseKey(answer.key)
  if (parsed instanceof Error) throw parsed
  const signature: unknown = parsed.sign('data', key === ed25519 ? undefined : 'sha256')
  if (!Buffer.isBuffer(signature)) throw new Error('not signed')
  return verify(key === ed25519 ? null : 'sha256', Buffer.from('data'), createPublicKey(key), signature)
}

describe('a private key', () => {
  it.each<[string, KeyObject, PemType]>([
    ['RSA', rsa, 'pkcs8'],
    ['RSA', rsa, 'pkcs1'],
    ['P-256', p256, 'pkcs8'],
    ['P-256', p256, 'sec1'],
    ['P-384', p384, 'pkcs8'],
    ['P-521', p521, 'pkcs8'],
    ['Ed25519', ed25519, 'pkcs8'],
  ])('is accepted: %s in the form %3$s, encrypted or not', (_what, key, type) => {
    expect(signsWith(key, pemOf(key, type))).toBe(true)
    expect(signsWith(key, encryptedPemOf(key, type))).toBe(true)
  })

  it('is accepted as OpenSSH writes it, encrypted or not', () => {
    const { d = '', x = '' } = ed25519.export({ format: 'jwk' })
    const text = encodeEd25519Key(Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url'))
    expect(signsWith(ed25519, text)).toBe(true)
    const options = { bits: 256, cipher: 'aes256-ctr', passphrase: PASSPHRASE, rounds: 4 } as const
    const written = ssh2.utils.generateKeyPairSync('ecdsa', options)
    const answer = readPrivateKey(written.private, { passphrase: PASSPHRASE })
    expect(answer).toEqual({ key: expect.stringContaining('BEGIN EC PRIVATE KEY') })
  })

  it.each([
    ['the line ends of Windows', (pem: string) => pem.replaceAll('\n', '\r\n')],
    [
      'its line ends written out, as in an environment variable',
      (pem: string) => pem.replaceAll('\n', '\\n'),
    ],
    ['what OpenSSL writes before it', (pem: string) => `Bag Attributes\n    localKeyID: 01\n${pem}`],
    [
      'the parameters of its curve before it',
      (pem: string) => `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem}`,
    ],
  ])('is accepted with %s', (_what, change) => {
    expect(signsWith(p256, change(pemOf(p256, 'sec1')))).toBe(true)
  })

  const damaged = pemOf(rsa, 'pkcs8').replace(/\n.{64}/, '\n')
  it.each<[string, string, string | RegExp]>([
    [
      'another passphrase',
      encryptedPemOf(rsa, 'pkcs8'),
      /^holds a private key that the passphrase does not decrypt/,
    ],
    ['a damaged key', damaged, 'holds a private key that is damaged'],
    ['a damaged key of OpenSSH', opensshWith('none', 'ssh-rsa'), 'holds a private key that is damaged'],
    ['nothing of the kind', 'hunter2', /^holds no private key; a public key/],
    [
      'a public key',
      createPublicKey(rsa).export({ type: 'spki', format: 'pem' }).toString(),
      /^holds no private key/,
    ],
    ['a certificate of OpenSSH', 'ssh-ed25519-cert-v01@openssh.com AAAA', /^holds no private key/],
    [
      'a key of a security device',
      opensshWith('none', 'sk-ssh-ed25519@openssh.com'),
      /needs a security device/,
    ],
    [
      'ChaCha20',
      opensshWith('chacha20-poly1305@openssh.com', 'ssh-rsa'),
      /`ssh-keygen -p -Z aes256-ctr -f id`$/,
    ],
    [
      'so many rounds of bcrypt that decryption takes minutes',
      opensshWith('aes256-ctr', 'ssh-ed25519', 16_000),
      'holds a private key that takes 16000 rounds to decrypt, more than 500; convert it with `ssh-keygen -p -a 100 -f id`',
    ],
    [
      'a PuTTY key',
      'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none',
      /`puttygen id -O private-openssh -o NEW`$/,
    ],
    ['a key of SSH.com', '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----', /`ssh-keygen -i -f id > NEW`$/],
    ['another curve', pemOf(ec('secp256k1'), 'pkcs8'), /^holds a key of the kind secp256k1, with which/],
    ['Ed448', pemOf(generateKeyPairSync('ed448').privateKey, 'pkcs8'), /^holds a key of the kind ed448/],
  ])('is refused: %s', (_what, text, problem) => {
    const expected = typeof problem === 'string' ? problem : expect.stringMatching(problem)
    expect(readPrivateKey(text, { passphrase: 'wrong', file: 'id' })).toEqual({ problem: expected })
  })

  it.each([
    ['PKCS #8', encryptedPemOf(rsa, 'pkcs8')],
    ['PKCS #1', encryptedPemOf(rsa, 'pkcs1')],
    ['OpenSSH', opensshWith('aes256-ctr', 'ssh-rsa')],
    ['PuTTY', 'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: aes256-cbc'],
  ])('is refused without its passphrase: %s', (_what, text) => {
    const problem = expect.stringMatching(/^holds an encrypted private key; give its passphrase/)
    expect(readPrivateKey(text, {})).toEqual({ problem })
  })
})
