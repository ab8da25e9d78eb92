import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { sshString, uint32 } from './ssh-wire.ts'

/** An Ed25519 key pair as OpenSSH writes it. */
export interface KeyPair {
  /** PEM, without a passphrase. */
  privateKey: string
  /** `ssh-ed25519 AAAA…`. */
  publicKey: string
}

const ALGORITHM = 'ssh-ed25519'
/** What stands before the 32 bytes of the seed in PKCS #8 (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_KEY_BYTES = 32
const CIPHER_BLOCK_BYTES = 8

/**
 * The key pair that belongs to a label: the same label gives the same keys in every run, because a gateway that
 * trusts a host key on first use would otherwise hold the whole fleet after a restart. So these keys are no
 * secret; they protect nothing.
 */
export function deriveKeyPair(label: string): KeyPair {
  const seed = createHash('sha256').update(`rollcall-simulator:${label}`).digest()
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const point = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-PUBLIC_KEY_BYTES)
  const blob = Buffer.concat([sshString(ALGORITHM), sshString(point)])
  return {
    privateKey: encodePrivateKey(seed, point, blob),
    publicKey: `${ALGORITHM} ${blob.toString('base64')}`,
  }
}

/** The `openssh-key-v1` format, unencrypted (PROTOCOL.key of OpenSSH). */
function encodePrivateKey(seed: Buffer, point: Buffer, blob: Buffer): string {
  const check = seed.subarray(0, 4)
  const secret = Buffer.concat([check, check, blob, sshString(Buffer.concat([seed, point])), sshString('')])
  // ssh2 wants the padding that OpenSSH writes: 1, 2, 3, … up to a whole block.
  const missing = (CIPHER_BLOCK_BYTES - (secret.length % CIPHER_BLOCK_BYTES)) % CIPHER_BLOCK_BYTES
  const padding = Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(blob),
    sshString(Buffer.concat([secret, padding])),
  ])
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${whole.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
}
