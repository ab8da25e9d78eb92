import type { HostKeyExpectation, ProbeTask } from '../report/probe-report.ts'

/**
 * The safe algorithms, the cheapest first. Group exchange is excluded on purpose: OpenSSL would check the
 * server's prime on the calling thread, for seconds.
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
    'diffie-hellman-group15-sha512',
    // These two cost 50 ms of CPU. They are for devices without another one.
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group18-sha512',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'rsa-sha2-256',
    'rsa-sha2-512',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
  ],
  // ssh2 computes the MAC of ChaCha20 in WebAssembly, not in OpenSSL. It is for devices without another
  // cipher.
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes256-ctr',
    'aes192-ctr',
    // Cisco's names for the first two.
    'aes128-gcm',
    'aes256-gcm',
    'chacha20-poly1305@openssh.com',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const

/**
 * SHA-1, MD5, CBC and DSS, all broken. They are offered after the safe ones, only to devices that may use
 * them.
 */
const LEGACY = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  cipher: ['aes128-cbc', 'aes256-cbc', 'aes192-cbc', '3des-cbc'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1', 'hmac-sha1-96', 'hmac-md5'],
  compress: [],
} as const

export type Kind = keyof typeof SAFE

/** The offer of a client in a key exchange (RFC 4253 section 7.1), in order of preference. */
export type AlgorithmOffer = { [K in Kind]: ((typeof SAFE)[K] | (typeof LEGACY)[K])[number][] }

const LEGACY_NAMES: ReadonlySet<string> = new Set(Object.values(LEGACY).flat())

/** Returns whether any of these algorithms is weak. */
export function hasLegacy(names: readonly string[]): boolean {
  return names.some((name) => LEGACY_NAMES.has(name))
}

/** A cache of the offers; there are only a few. */
const offers = new Map<string, AlgorithmOffer>()

/**
 * Returns the offer for a device. If its host key is known, the algorithms of that key come first, as in
 * OpenSSH.
 */
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

/** Returns the algorithms that sign with one of the known keys, in our order. */
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
/** The largest packet (RFC 4253 section 6.1). Bytes that claim to be longer are not a packet. */
const MAX_PACKET_LENGTH = 35_000
/**
 * The position of the first name-list in a key exchange packet, after length, padding length, type and
 * cookie.
 */
const LISTS_AT = 4 + 1 + 1 + 16
/** The name-lists of algorithms, in their order on the wire (RFC 4253 section 7.1). */
const LISTS = ['kex', 'serverHostKey', 'cipher', 'cipher', 'hmac', 'hmac', 'compress', 'compress'] as const
/** Matches ciphers with built-in authentication, for which no MAC is negotiated. */
const AUTHENTICATED = /^(aes\d+-gcm|chacha20-poly1305)(@|$)/

/** Matches extension markers in the list of key exchange algorithms. */
const EXTENSION = /^(ext-info-|kex-strict-)/

/** The kinds of algorithm without a common one. */
export interface AlgorithmMismatch {
  /** At least one kind, each with the server's offer. */
  kinds: { kind: Kind; offered: string[] }[]
  /** Whether each kind would have a common algorithm if legacy algorithms were offered. */
  legacyHelps: boolean
}

/**
 * Returns the kinds of algorithm without a common one; null if there are none. `opening` are the bytes that
 * the server sent after its identification.
 */
export function findMismatch(opening: Buffer, offer: AlgorithmOffer): AlgorithmMismatch | null {
  const lists = readLists(opening)
  if (lists === null) return null
  const kinds = kindsMissing(lists, offer)
  if (kinds.size === 0) return null
  return {
    kinds: [...kinds].map(([kind, offered]) => ({ kind, offered })),
    legacyHelps: kindsMissing(lists, makeOffer([], true)).size === 0,
  }
}

/** Returns the names in each of `LISTS`; null if the lists are incomplete. */
function readLists(opening: Buffer): string[][] | null {
  if (opening.length < LISTS_AT || opening[5] !== KEXINIT) return null
  if (opening.readUInt32BE(0) > MAX_PACKET_LENGTH) return null
  const lists: string[][] = []
  let at = LISTS_AT
  while (lists.length < LISTS.length) {
    if (opening.length < at + 4) return null
    const end = at + 4 + opening.readUInt32BE(at)
    if (opening.length < end) return null
    const names = opening.toString('latin1', at + 4, end).split(',')
    lists.push(names.filter((name) => name !== '' && !EXTENSION.test(name)))
    at = end
  }
  return lists
}

/** Returns the kinds without a common algorithm, each with the server's offer. */
function kindsMissing(lists: readonly string[][], offer: AlgorithmOffer): Map<Kind, string[]> {
  const missing = new Map<Kind, string[]>()
  for (const [position, kind] of LISTS.entries()) {
    const offered = lists[position] ?? []
    // Each direction has a list of ciphers and, two positions later, a list of MACs.
    const ciphers = kind === 'hmac' ? (lists[position - 2] ?? []) : []
    const cipher = offer.cipher.find((name) => ciphers.includes(name))
    if (cipher !== undefined && AUTHENTICATED.test(cipher)) continue
    if (!offer[kind].some((name) => offered.includes(name))) missing.set(kind, offered)
  }
  return missing
}
