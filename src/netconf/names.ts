import { lookup, Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { systemCodeOf } from '../base/errors.ts'

/** The files that decide how names are resolved (hosts(5), resolv.conf(5), nsswitch.conf(5)). */
export interface NameFiles {
  hosts: string
  resolvConf: string
  nsswitch: string
}

const SYSTEM_FILES: NameFiles = {
  hosts: '/etc/hosts',
  resolvConf: '/etc/resolv.conf',
  nsswitch: '/etc/nsswitch.conf',
}

const KEPT_MS = 2_000
/** The time for the first try, and the number of tries with each name server. Each gets twice the time. */
const TRY_MS = 2_000
const TRIES = 3
/** The time that the addresses of one kind wait for those of the other (RFC 8305 section 3, generously). */
const OTHER_KIND_MS = 300
const MAX_NDOTS = 15
/** The services that this file replaces. `myhostname` knows this machine only. */
const OWN_SERVICES = new Set(['files', 'dns', 'resolve', 'myhostname', 'mymachines'])

/** The content of the files. */
interface Settings {
  hosts: ReadonlyMap<string, string[]>
  search: readonly string[]
  ndots: number
  resolver: Resolver
  /** Whether the system asks other services than files and name servers. */
  hasOtherServices: boolean
  prefersIpv6: boolean
  readAt: number
}

/**
 * Resolves names without a thread. `dns.lookup` calls getaddrinfo, which occupies one of libuv's few threads
 * for as long as a name server does not answer, so dead names delay all others. This asks the name servers by
 * itself, any number of names at once. /etc/hosts comes first and search domains count, as in getaddrinfo. If
 * the system has further services, such as mDNS or LDAP, getaddrinfo decides on the names that have no
 * address otherwise. On other systems than Linux, it decides always.
 */
export class NameResolver {
  readonly #files: NameFiles
  readonly #servers: readonly string[] | null
  readonly #keptMs: number
  #settings: Settings | null = null

  /**
   * @param servers the name servers, instead of those in resolv.conf
   * @param keptMs how long the files are not read again
   */
  constructor(files = SYSTEM_FILES, servers: readonly string[] | null = null, keptMs = KEPT_MS) {
    this.#files = files
    this.#servers = servers
    this.#keptMs = keptMs
  }

  /**
   * Returns the addresses of a name, in the order to try them. Rejects with an error that has a `code`, which
   * is ENOTFOUND if there are none.
   */
  async resolve(host: string): Promise<string[]> {
    const name = host.toLowerCase().replace(/\.$/, '')
    if (process.platform !== 'linux' || isForSystem(name)) return askSystem(host)
    const settings = this.#read()
    const listed = settings.hosts.get(name)
    if (listed !== undefined) return inOrder(listed, settings)
    let failure: unknown = null
    for (const candidate of candidatesFor(host.toLowerCase(), settings)) {
      const found = await addressesOf(candidate, settings.resolver)
      if (found.addresses.length > 0) return inOrder(found.addresses, settings)
      failure ??= found.failure
    }
    if (settings.hasOtherServices) return askSystem(host)
    throw failure ?? Object.assign(new Error(`The name ${host} has no address.`), { code: 'ENOTFOUND' })
  }

  #read(): Settings {
    const now = performance.now()
    if (this.#settings !== null && now - this.#settings.readAt < this.#keptMs) return this.#settings
    const conf = readResolvConf(contentOf(this.#files.resolvConf))
    const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES })
    if (this.#servers !== null) resolver.setServers(this.#servers)
    this.#settings = {
      ...conf,
      resolver,
      hosts: readHosts(contentOf(this.#files.hosts)),
      hasOtherServices: hasOtherServices(contentOf(this.#files.nsswitch)),
      prefersIpv6: hasGlobalIpv6(),
      readAt: now,
    }
    return this.#settings
  }
}

async function askSystem(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

/** Names of this machine and of mDNS, and numbers such as 0x7f000001, need no name server. */
function isForSystem(name: string): boolean {
  return /(^|\.)(localhost|local|\d+|0x[\da-f]*)$/.test(name)
}

/** Returns the names to ask for, in the order of resolv.conf(5). */
function candidatesFor(name: string, { search, ndots }: Pick<Settings, 'search' | 'ndots'>): string[] {
  if (name.endsWith('.')) return [name]
  const inDomains = search.map((domain) => `${name}.${domain}.`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [`${name}.`, ...inDomains] : [...inDomains, `${name}.`]
}

/**
 * Asks for both kinds of addresses at once. `failure` is null if the name servers say that there are none.
 */
async function addressesOf(
  name: string,
  resolver: Resolver,
): Promise<{ addresses: string[]; failure: unknown }> {
  let failure: unknown = null
  const note = (problem: unknown): string[] => {
    const code = systemCodeOf(problem)
    if (code !== 'ENOTFOUND' && code !== 'ENODATA') failure ??= problem
    return []
  }
  const kinds = [resolver.resolve4(name).catch(note), resolver.resolve6(name).catch(note)]
  const first = await Promise.race(kinds)
  // Some name servers never answer for IPv6.
  const all = Promise.all(kinds)
  const addresses = (first.length === 0 ? await all : await within(OTHER_KIND_MS, all, [first])).flat()
  return { addresses, failure }
}

async function within<T>(durationMs: number, work: Promise<T>, otherwise: T): Promise<T> {
  const late = Promise.withResolvers<T>()
  const timer = setTimeout(() => late.resolve(otherwise), durationMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Puts the addresses that this machine can reach more likely first (RFC 6724). */
function inOrder(addresses: readonly string[], { prefersIpv6 }: Pick<Settings, 'prefersIpv6'>): string[] {
  const isFirst = (address: string) => address.includes(':') === prefersIpv6
  return [...addresses.filter(isFirst), ...addresses.filter((address) => !isFirst(address))]
}

function hasGlobalIpv6(): boolean {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(({ family, internal, address }) => family === 'IPv6' && !internal && !address.startsWith('fe80:'))
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Without the file, its defaults apply.
    return ''
  }
}

function linesOf(text: string): string[][] {
  return text.split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/),
  )
}

function readHosts(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>()
  for (const [address = '', ...names] of linesOf(text)) {
    for (const name of names) {
      const key = name.toLowerCase()
      hosts.set(key, [...(hosts.get(key) ?? []), address])
    }
  }
  return hosts
}

function readResolvConf(text: string): { search: string[]; ndots: number } {
  let search: string[] = []
  let ndots = 1
  for (const [key, ...values] of linesOf(text)) {
    if (key === 'search' || key === 'domain') search = values
    if (key !== 'options') continue
    const found = values.map((option) => /^ndots:(\d{1,2})$/.exec(option)?.[1]).find((each) => each)
    if (found !== undefined) ndots = Math.min(MAX_NDOTS, Number(found))
  }
  const domains = search.map((domain) => domain.toLowerCase().replace(/\.$/, ''))
  return { search: domains.filter((domain) => domain !== ''), ndots }
}

function hasOtherServices(nsswitch: string): boolean {
  const services = linesOf(nsswitch).find(([key]) => key === 'hosts:')
  // Actions such as [NOTFOUND=return] stand between services. mdns4_minimal knows names in .local only.
  const others = services?.slice(1).filter((service) => !/^\[|\]$|^mdns\d?_minimal$/.test(service)) ?? []
  return others.some((service) => !OWN_SERVICES.has(service))
}
