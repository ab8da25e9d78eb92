import { createHash } from 'node:crypto'
import type { ProbeFailure } from '../protocol/failure.ts'
import type { HostKeyExpectation, KnownHostKey } from '../report/probe-report.ts'

/**
 * Describes a host key from a key exchange (RFC 4253 section 6.6), with the fingerprint that OpenSSH prints.
 */
export function describeHostKey(key: Buffer): KnownHostKey {
  const nameEnd = 4 + key.readUInt32BE(0)
  const digest = createHash('sha256').update(key).digest('base64')
  return { algorithm: key.toString('latin1', 4, nameEnd), fingerprint: `SHA256:${digest.replace(/=+$/, '')}` }
}

/** Returns why a device with this key must not be connected to; null if its key is accepted. */
export function hostKeyFailure(expected: HostKeyExpectation, offered: KnownHostKey): ProbeFailure | null {
  if (expected.check === 'any') return null
  const { keys, revoked = [] } = expected
  if (revoked.some(({ fingerprint }) => fingerprint === offered.fingerprint)) {
    return {
      outcome: 'HOST_KEY_CHANGED',
      message:
        `The device shows ${named(offered)}, which the known-hosts file revokes; no credential was sent to it: ` +
        'give the device a new host key, and add that to the file.',
    }
  }
  if (keys.some(({ fingerprint }) => fingerprint === offered.fingerprint)) return null
  const ofThisPort = keys.filter(({ ofOtherPort }) => !ofOtherPort)
  if (ofThisPort.length === 0) {
    return {
      outcome: 'SSH_FAILED',
      message: `The known-hosts file has no key for the device, which shows ${named(offered)}; check the key and add it there.`,
    }
  }
  return {
    outcome: 'HOST_KEY_CHANGED',
    message:
      `The host key changed: the device shows ${named(offered)}, known is ${ofThisPort.map(named).join(' or ')}; ` +
      'no credential was sent to it: find out why before you trust the new key.',
  }
}

function named({ algorithm, fingerprint }: KnownHostKey): string {
  return `${algorithm} ${fingerprint}`
}
