/**
 * What we offer, cheapest safe first. Group exchange is left out on purpose: OpenSSL would check the server's
 * prime on the calling thread, for seconds. SHA-1, CBC and DSS are left out because they are broken.
 */
export const ALGORITHMS = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'rsa-sha2-256',
    'rsa-sha2-512',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const

const KEXINIT = 20
/** Bytes before the first name-list of a key exchange packet: length, padding length, type, cookie. */
const LISTS_AT = 4 + 1 + 1 + 16
/** The name-lists that matter, in their order on the wire (RFC 4253 section 7.1); MACs go unused with GCM. */
const LISTS = [
  { what: 'key exchange algorithm', ours: ALGORITHMS.kex },
  { what: 'host key algorithm', ours: ALGORITHMS.serverHostKey },
  { what: 'cipher', ours: ALGORITHMS.cipher },
  { what: 'cipher', ours: ALGORITHMS.cipher },
  { what: 'MAC', ours: ALGORITHMS.hmac },
  { what: 'MAC', ours: ALGORITHMS.hmac },
  { what: 'compression', ours: ALGORITHMS.compress },
  { what: 'compression', ours: ALGORITHMS.compress },
] satisfies { what: string; ours: readonly string[] }[]

/** What stands among the key exchange algorithms and is none. */
const EXTENSION = /^(ext-info-|kex-strict-)/

/**
 * The first kind of algorithm that we and a server have none of in common, and what the server offers of it.
 * `opening` is what the server sent after its identification; null where it holds no such mismatch.
 */
export function findMismatch(opening: Buffer): { what: string; offered: string[] } | null {
  if (opening.length < LISTS_AT || opening[5] !== KEXINIT) return null
  let at = LISTS_AT
  for (const { what, ours } of LISTS) {
    if (opening.length < at + 4) return null
    const end = at + 4 + opening.readUInt32BE(at)
    if (opening.length < end) return null
    const names = opening.toString('latin1', at + 4, end).split(',')
    if (!ours.some((name) => names.includes(name))) {
      return { what, offered: names.filter((name) => !EXTENSION.test(name)) }
    }
    at = end
  }
  return null
}
