import type { HostKeyExpectation, ProbeTask } from './probe-report.ts'

/**
 * Cheapest safe first. Group exchange is left out on purpose: OpenSSL would check the server's prime on the
 * calling thread, for seconds.
 */
const SAFE = {
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

/** SHA-1, CBC and DSS, all broken: behind the safe ones, for devices that have nothing else and are allowed to. */
const LEGACY = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  cipher: ['aes128-cbc', 'aes256-cbc', '3des-cbc'],
  hmac: ['hmac-sha1'],
  compress: [],
} as const

type Kind = keyof typeof SAFE

/** What a client offers in a key exchange (RFC 4253 section 7.1), the most welcome first. */
export type AlgorithmOffer = { [K in Kind]: ((typeof SAFE)[K] | (typeof LEGACY)[K])[number][] }

const LEGACY_NAMES: ReadonlySet<string> = new Set(Object.values(LEGACY).flat())

/** Whether any of these is known to be weak. */
export function hasLegacy(names: readonly string[]): boolean {
  return names.some((name) => LEGACY_NAMES.has(name))
}

/** There are few that differ, and each is made once. */
const offers = new Map<string, AlgorithmOffer>()

/** What to offer to a device. Where its host key is known, the algorithms of that key come first, as in OpenSSH. */
export function offerFor({ hostKeys, legacyAlgorithms }: Pick<ProbeTask, 'hostKeys' | 'legacyAlgorithms'>) {
  const known = knownAlgorithms(hostKeys)
  const name = `${legacyAlgorithms} ${known}`
  let offer = offers.get(name)
  if (offer === undefined) {
    offer = makeOffer(known, legacyAlgorithms)
    offers.set(name, offer)
  }
  return offer
}

const SIGNED_WITH_RSA: readonly string[] = ['rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa']
const HOST_KEY_ALGORITHMS = [...SAFE.serverHostKey, ...LEGACY.serverHostKey]

/** The algorithms that sign with one of the known keys, in our own order. */
function knownAlgorithms(expected: HostKeyExpectation): string[] {
  if (expected.check === 'any') return []
  const types = new Set(expected.keys.map(({ algorithm }) => algorithm))
  return HOST_KEY_ALGORITHMS.filter((name) => types.has(SIGNED_WITH_RSA.includes(name) ? 'ssh-rsa' : name))
}

function makeOffer(known: readonly string[], legacy: boolean): AlgorithmOffer {
  const withLegacy = <T, U>(safe: readonly T[], weak: readonly U[]) => [...safe, ...(legacy ? weak : [])]
  const hostKeys = withLegacy(SAFE.serverHostKey, LEGACY.serverHostKey)
  return {
    kex: withLegacy(SAFE.kex, LEGACY.kex),
    serverHostKey: [
      ...hostKeys.filter((name) => known.includes(name)),
      ...hostKeys.filter((name) => !known.includes(name)),
    ],
    cipher: withLegacy(SAFE.cipher, LEGACY.cipher),
    hmac: withLegacy(SAFE.hmac, LEGACY.hmac),
    compress: [...SAFE.compress],
  }
}

const KEXINIT = 20
/** Bytes before the first name-list of a key exchange packet: length, padding length, type, cookie. */
const LISTS_AT = 4 + 1 + 1 + 16
/** The name-lists that matter, in their order on the wire (RFC 4253 section 7.1); MACs go unused with GCM. */
const LISTS = [
  { what: 'key exchange algorithm', kind: 'kex' },
  { what: 'host key algorithm', kind: 'serverHostKey' },
  { what: 'cipher', kind: 'cipher' },
  { what: 'cipher', kind: 'cipher' },
  { what: 'MAC', kind: 'hmac' },
  { what: 'MAC', kind: 'hmac' },
  { what: 'compression', kind: 'compress' },
  { what: 'compression', kind: 'compress' },
] as const

/** What stands among the key exchange algorithms and is none. */
const EXTENSION = /^(ext-info-|kex-strict-)/

/** A kind of algorithm that two sides have none of in common. */
export interface AlgorithmMismatch {
  what: string
  /** What the server offers of it. */
  offered: string[]
  /** Whether a legacy algorithm is among them. */
  mayBeLegacy: boolean
}

/**
 * The first kind of algorithm that we and a server have none of in common. `opening` is what the server sent
 * after its identification; null where it holds no such mismatch.
 */
export function findMismatch(opening: Buffer, offer: AlgorithmOffer): AlgorithmMismatch | null {
  if (opening.length < LISTS_AT || opening[5] !== KEXINIT) return null
  let at = LISTS_AT
  for (const { what, kind } of LISTS) {
    if (opening.length < at + 4) return null
    const end = at + 4 + opening.readUInt32BE(at)
    if (opening.length < end) return null
    const names = opening.toString('latin1', at + 4, end).split(',')
    if (!offer[kind].some((name) => names.includes(name))) {
      const offered = names.filter((name) => !EXTENSION.test(name))
      return { what, offered, mayBeLegacy: hasLegacy(offered) }
    }
    at = end
  }
  return null
}
