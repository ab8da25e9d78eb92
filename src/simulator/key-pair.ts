import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { ed25519Blob, encodeEd25519Key } from '../base/openssh-key.ts'

/** An Ed25519 key pair as OpenSSH writes it. */
export interface KeyPair {
  /** The private key in PEM, without a passphrase. */
  privateKey: string
  /** The public key as `ssh-ed25519 AAAA…`. */
  publicKey: string
}

const ALGORITHM = 'ssh-ed25519'
/** The bytes before the 32 bytes of the seed in PKCS #8 (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_KEY_BYTES = 32

/**
 * Derives a key pair from a label. The same label gives the same keys in every run; otherwise a gateway that
 * trusts host keys on first use would hold the whole fleet after a restart. These keys are therefore not
 * secret and protect nothing.
 */
export function deriveKeyPair(label: string): KeyPair {
  const seed = createHash('sha256').update(`rollcall-simulator:${label}`).digest()
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const point = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-PUBLIC_KEY_BYTES)
  return {
    privateKey: encodeEd25519Key(seed, point),
    publicKey: `${ALGORITHM} ${ed25519Blob(point).toString('base64')}`,
  }
}
