import { createHash, createHmac } from 'node:crypto'
import { compileGlob } from '../../base/glob.ts'
import type { ProbeFailure } from '../outcome/failure.ts'
import type { ExpectedHostKey, HostKeyExpectation, KnownHostKey } from '../report/probe-report.ts'

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
        `The device shows ${named(offered)}, which the known-hosts file revokes; ` +
        'no credential was sent to it: ' +
        'give the device a new host key, and add that to the file.',
    }
  }
  if (keys.some(({ fingerprint }) => fingerprint === offered.fingerprint)) return null
  const ofThisPort = keys.filter(({ ofOtherPort }) => !ofOtherPort)
  if (ofThisPort.length === 0) {
    return {
      outcome: 'SSH_FAILED',
      message:
        'The known-hosts file has no key for the device, ' +
        `which shows ${named(offered)}; check the key and add it there.`,
    }
  }
  return {
    outcome: 'HOST_KEY_CHANGED',
    message:
      `The host key changed: the device shows ${named(offered)}, ` +
      `known is ${ofThisPort.map(named).join(' or ')}; ` +
      'no credential was sent to it: find out why before you trust the new key.',
  }
}

function named({ algorithm, fingerprint }: KnownHostKey): string {
  return `${algorithm} ${fingerprint}`
}

/** The port whose keys are listed under the plain name. */
const SSH_PORT = 22

interface Entry {
  /** Patterns in lower case, separated by commas, or the hash of one name. */
  names: string
  key: KnownHostKey
}

interface HashedEntry extends Entry {
  salt: Buffer
  hash: Buffer
}

/**
 * The content of an OpenSSH known-hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Unreadable lines are
 * ignored, and so are certificate authorities, since host certificates are not supported.
 *
 * A hashed name can only be found by trying every hash. A look-up costs microseconds for each hashed line
 * whose host was not found before. With thousands of devices, plain names are better.
 */
export class KnownHosts {
  readonly #keys = new KeyIndex()
  readonly #revoked = new KeyIndex()

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const parsed = parseLine(line.trim())
      if (parsed === null) continue
      const { isRevoked, ...entry } = parsed
      if (isRevoked) this.#revoked.add(entry)
      else this.#keys.add(entry)
    }
  }

  /**
   * Returns the keys that the file has for a host, without revoked ones. If it has none for the port, those
   * under the plain name are returned as keys of another port, as OpenSSH does: they may match, but a
   * different key is not a change.
   *
   * @param host the host from the inventory; names are not resolved
   */
  keysOf(host: string, port: number): ExpectedHostKey[] {
    const names = namesOf(host, port)
    const revoked = new Set(this.revokedOf(host, port).map(({ fingerprint }) => fingerprint))
    for (const each of names) {
      const keys = new Map(this.#keys.keysOf(each).map((key) => [key.fingerprint, key]))
      if (keys.size === 0) continue
      const valid = [...keys.values()].filter(({ fingerprint }) => !revoked.has(fingerprint))
      return each === names[0] ? valid : valid.map((key) => ({ ...key, ofOtherPort: true }))
    }
    return []
  }

  /** Returns the keys that the file revokes for a host, on the port or under the plain name. */
  revokedOf(host: string, port: number): KnownHostKey[] {
    return namesOf(host, port).flatMap((name) => this.#revoked.keysOf(name))
  }
}

/** Returns the names under which a file may list a host, the one with the port first. */
function namesOf(host: string, port: number): string[] {
  const name = host.toLowerCase()
  return port === SSH_PORT ? [name] : [`[${name}]:${port}`, name]
}

/** An index of keys by the names of their lines: plain, as patterns, or hashed. */
class KeyIndex {
  readonly #named = new Map<string, KnownHostKey[]>()
  readonly #patterns: Entry[] = []
  #hashed: HashedEntry[] = []

  add(entry: Entry): void {
    const hashed = asHashed(entry)
    if (hashed !== null) this.#hashed.push(hashed)
    else if (/[*?!]/.test(entry.names)) this.#patterns.push(entry)
    else for (const name of entry.names.split(',')) this.#name(name, entry)
  }

  keysOf(name: string): KnownHostKey[] {
    const found = this.#hashed.filter(({ salt, hash }) =>
      createHmac('sha1', salt).update(name).digest().equals(hash),
    )
    if (found.length > 0) {
      // A hash stands for one name, so no other look-up needs to try it.
      this.#hashed = this.#hashed.filter((entry) => !found.includes(entry))
      for (const entry of found) this.#name(name, entry)
    }
    const fitting = this.#patterns.filter(({ names }) => fitsPatterns(names, name))
    return [...(this.#named.get(name) ?? []), ...fitting.map(({ key }) => key)]
  }

  #name(name: string, { key }: Entry): void {
    const keys = this.#named.get(name)
    if (keys) keys.push(key)
    else this.#named.set(name, [key])
  }
}

/** Returns whether at least one pattern matches, and none of those that begin with an exclamation mark. */
function fitsPatterns(patterns: string, name: string): boolean {
  const list = patterns.split(',')
  if (list.some((pattern) => pattern.startsWith('!') && compileGlob(pattern.slice(1))(name))) return false
  return list.some((pattern) => !pattern.startsWith('!') && compileGlob(pattern)(name))
}

/** Parses `[@marker] names type key [comment]`; null for a line of another form. */
function parseLine(line: string): (Entry & { isRevoked: boolean }) | null {
  if (line === '' || line.startsWith('#')) return null
  const fields = line.split(/[ \t]+/)
  const marker = line.startsWith('@') ? fields.shift() : undefined
  if (marker !== undefined && marker !== '@revoked') return null
  const [names, type, encoded] = fields
  if (names === undefined || type === undefined || encoded === undefined) return null
  const key = parseKey(type, encoded)
  if (key === null) return null
  return { names: names.startsWith('|') ? names : names.toLowerCase(), key, isRevoked: marker !== undefined }
}

function parseKey(type: string, encoded: string): KnownHostKey | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null
  const key = Buffer.from(encoded, 'base64')
  if (key.length < 4 || key.length < 4 + key.readUInt32BE(0)) return null
  const { algorithm, fingerprint } = describeHostKey(key)
  return algorithm === type ? { algorithm, fingerprint } : null
}

/** Parses `|1|SALT|HASH`, the HMAC-SHA1 of a name with the salt as the key; null for other names. */
function asHashed(entry: Entry): HashedEntry | null {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(entry.names) ?? []
  if (salt === undefined || hash === undefined) return null
  return { ...entry, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}
