/** Encodes a string as RFC 4251 section 5 does: its length, then its bytes. */
export function sshString(content: string | Buffer): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([uint32(bytes.length), bytes])
}

/** Encodes a `uint32` of RFC 4251 section 5. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const MAGIC = 'openssh-key-v1\0'
const ED25519 = 'ssh-ed25519'
const CIPHER_BLOCK_BYTES = 8

/** Encodes an Ed25519 public key as OpenSSH does (`ssh-ed25519`). @param point the 32 bytes of the key */
export function ed25519Blob(point: Buffer): Buffer {
  return Buffer.concat([sshString(ED25519), sshString(point)])
}

/**
 * Encodes an Ed25519 private key in the format `openssh-key-v1`, unencrypted (PROTOCOL.key of OpenSSH).
 *
 * @param seed the private key, 32 bytes
 * @param point the public key, 32 bytes
 */
export function encodeEd25519Key(seed: Buffer, point: Buffer): string {
  // Readers compare these four bytes with the next four, to see whether the decryption worked. Nothing is
  // encrypted here.
  const check = Buffer.alloc(4)
  const blob = ed25519Blob(point)
  const secret = Buffer.concat([check, check, blob, sshString(Buffer.concat([seed, point])), sshString('')])
  // ssh2 requires the padding that OpenSSH writes: 1, 2, 3, … up to a whole block.
  const missing = (CIPHER_BLOCK_BYTES - (secret.length % CIPHER_BLOCK_BYTES)) % CIPHER_BLOCK_BYTES
  const padding = Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))
  const whole = Buffer.concat([
    Buffer.from(MAGIC),
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(blob),
    sshString(Buffer.concat([secret, padding])),
  ])
  const body = whole.toString('base64')
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`
}

/** The public part of an `openssh-key-v1` file, which comes before the secret part. */
interface OpensshHeader {
  /** `none` if the key is not encrypted. */
  cipher: string
  /** The kind of key, such as `ssh-ed25519`. */
  type: string
  /**
   * The rounds of bcrypt, which derives the key of the cipher from the passphrase; 0 if bcrypt is not used.
   */
  rounds: number
}

/** Reads the public part of a key file. Returns null if the file is damaged. */
export function readOpensshHeader(pem: string): OpensshHeader | null {
  const bytes = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return null
  let at = MAGIC.length
  const next = (): Buffer | null => {
    if (bytes.length < at + 4) return null
    const start = at + 4
    at = start + bytes.readUInt32BE(at)
    return bytes.length < at ? null : bytes.subarray(start, at)
  }
  const [cipher, , kdfOptions] = [next(), next(), next()]
  // The number of keys, which is always one.
  at += 4
  const blob = next()
  if (!cipher || !kdfOptions || blob === null || blob.length < 4) return null
  return {
    cipher: cipher.toString('latin1'),
    type: blob.toString('latin1', 4, 4 + blob.readUInt32BE(0)),
    // The rounds come last, after the salt.
    rounds: kdfOptions.length < 4 ? 0 : kdfOptions.readUInt32BE(kdfOptions.length - 4),
  }
}
