import { createHash } from 'node:crypto'

/** A host key as it stands in a key exchange (RFC 4253 section 6.6), with its fingerprint as OpenSSH prints it. */
export function describeHostKey(key: Buffer): { algorithm: string; fingerprint: string } {
  const nameEnd = 4 + key.readUInt32BE(0)
  const digest = createHash('sha256').update(key).digest('base64')
  return { algorithm: key.toString('latin1', 4, nameEnd), fingerprint: `SHA256:${digest.replace(/=+$/, '')}` }
}
