import type { LogLevel } from '../base/log.ts'
import type { Role } from '../base/role.ts'

export const HOST_KEY_POLICIES = ['trust-first', 'known-hosts', 'off'] as const
/**
 * Which host key a device may show: the one that it showed first, one that a known-hosts file has for it, or any.
 */
export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number]

/** The configuration in force: checked, every default filled in, paths absolute, secrets read. Plain data. */
export interface Config {
  server: {
    /** A loopback address or `localhost`, unless `auth` asks callers who they are. */
    host: string
    /** 0: any free one. */
    port: number
    /** The origins (`https://noc.example.org`) whose pages may use the API from a browser beside its own; `*`: all. */
    cors: string[]
    /** Whether clients may ask for the schema. Default: true. */
    introspection: boolean
    /** Whether GraphiQL is served. Default: where `host` is a loopback address. */
    graphiql: boolean
  }
  /** Operations that clients may ask for by an id. */
  persistedOperations: {
    /** JSON, the texts by their ids; null: there are none. */
    file: string | null
    /** Whether all others are refused. Default: false. */
    only: boolean
  }
  /** Path of the SQLite file. */
  database: string
  auth: AuthConfig
  sources: SourceConfig[]
  schedule: {
    everyMs: number
    onStart: boolean
  }
  /** In order of precedence: the first that matches a device is used for it. */
  credentials: Credential[]
  probe: {
    /** For devices whose source names none. */
    port: number
    /** Hard limit of one probe, from name resolution to the closed socket. */
    timeoutMs: number
    requiredCapabilities: RequiredCapability[]
    hostKeys: HostKeyPolicy
    /** In OpenSSH's format; null unless `hostKeys` is known-hosts. */
    knownHostsFile: string | null
    /** Whether devices are asked for their host name, model, version and the like. */
    facts: boolean
    /** The devices with which algorithms that are known to be weak may be used: those that fit any of these. */
    legacyAlgorithms: Match[]
  }
  throttle: {
    /** Probes in flight at once, all sites together. */
    concurrency: number
    /** Probes in flight at once at one site. */
    perSite: number
    /** Probes in flight at once with one credential; by default as many as there may be at all. */
    perCredential: number
    /** Probes that start within any second, evenly spaced; a fraction where fewer than one a second may. Default: 500. */
    startsPerSecond: number
    /** A device probed within it is not probed again unless forced; 0: every device is. */
    coolDownMs: number
    /** How often a device is tried again within one refresh where its outcome may be another then. Default: 1; 0: never. */
    retries: number
    /** Logins rejected in a row, over all devices, after which a credential is not tried until it is resumed. Default: 5. */
    suspendCredentialAfter: number
  }
  /** Threads that probe. Default: one fewer than there are cores, at least one. */
  workers: number
  /** How long what is over is kept; what a device says last is kept for ever. */
  retention: {
    /** Probes, and refreshes once all of their probes are gone. Default: 90 days. */
    probesMs: number
    /** Entries of the change log, and sync plans that await nothing. Default: 365 days. */
    changesMs: number
  }
  /** What one request may ask for. */
  limits: {
    /** Fields within fields. Default: 20. */
    depth: number
    /** Fields with an alias, those of fragments each time that these are used. Default: 100. */
    aliases: number
    /** Names, values and punctuation of a document. Default: 5,000. */
    tokens: number
    /** Of an operation: 1 for an object that it may give and 0.1 for any other value. Default: 150,000. */
    cost: number
    /** Of a body, and of a message over WebSocket. Default: 1 MiB. */
    requestBytes: number
    /** How long a query may take. Default: 30 s. */
    requestTimeMs: number
    /** Mutations that make work, for each caller. Default: 60. */
    mutationsPerMinute: number
  }
  log: {
    level: LogLevel
  }
}

export const AUTH_MODES = ['none', 'tokens', 'jwt'] as const

/** Whom the API is for: everybody, the bearers of its own tokens, or those of JWTs. */
export type AuthConfig = { mode: 'none' } | { mode: 'tokens' } | ({ mode: 'jwt' } & JwtConfig)

export interface JwtConfig {
  /** The public keys that sign: where they are fetched from, or as they are. */
  keys: { url: string } | { set: { keys: { kty: string }[] } }
  issuer: string
  audience: string
  /** The claim with the role, or with several: its name, or a path such as `realm_access.roles`. Default: role. */
  roleClaim: string
  /** The claim with the name of who asks, alike. Default: sub. */
  nameClaim: string
  /** Roles by values of their claim; null: the names of the roles themselves, in any case. */
  roles: Record<string, Role> | null
}

/** One source: where its records are, and how much a sync of it may take away unasked. */
export type SourceConfig = SourceAccess & { ceiling: Ceiling }

/** What a sync may do unasked. A share is of the source's active devices, from 0 to 1. */
export interface Ceiling {
  /** A sync that would decommission more than this share and more than `atLeast` awaits approval. Default: 0.1. */
  decommission: number
  /** The same for devices that would move to another site. Default: 0.1. */
  move: number
  /** Devices. Default: 20. */
  atLeast: number
}

export const SOURCE_TYPES = ['file', 'http', 'netbox', 'solarwinds'] as const

/** What it takes to fetch a source, by its type. */
export type SourceAccess = FileSourceConfig | HttpSourceConfig | NetBoxSourceConfig | SolarWindsSourceConfig

/** Names of countries, by other names that the source has for them. */
type CountryAliases = Readonly<Record<string, string>>

interface FileSourceConfig {
  name: string
  type: 'file'
  path: string
  countryAliases?: CountryAliases | undefined
  /** What the records call our fields, where they call them otherwise. */
  fields: FieldNames
}

/** What all sources have that are fetched over HTTP. */
interface ServerConfig {
  name: string
  /** Without a login; https, or a loopback address. */
  url: string
  /** The certificates, in PEM, that the server's own must go back to; null: those that Node.js trusts. */
  ca: string | null
  /** The name that the server's certificate must be for; null: the URL's host. */
  tlsServerName: string | null
  countryAliases?: CountryAliases | undefined
  /** How long the server may be silent. Default: 30 s. */
  timeoutMs: number
  /** How long a whole fetch may take, with all its requests and retries. Default: 10 min. */
  totalTimeoutMs: number
}

export const HTTP_FORMATS = ['json', 'ndjson', 'csv'] as const

export interface HttpSourceConfig extends ServerConfig {
  type: 'http'
  /** Null: the answer's content type tells, or else the URL's extension. */
  format: (typeof HTTP_FORMATS)[number] | null
  login: { token: string } | { username: string; password: string } | null
  fields: FieldNames
}

/** The fields in which NetBox has an address of a device. */
export const NETBOX_ADDRESSES = ['primary_ip', 'primary_ip4', 'primary_ip6', 'oob_ip'] as const

export interface NetBoxSourceConfig extends ServerConfig {
  type: 'netbox'
  token: string
  /** Devices of any of these statuses; empty: of all. Default: active. */
  status: string[]
  /** Further filters of NetBox's for devices, by name. */
  filter: Record<string, string[]>
  /** The first of these fields that a device has is its address. Default: primary_ip. */
  addresses: readonly (typeof NETBOX_ADDRESSES)[number][]
  /** The custom field, of sites or regions, that names the country; null: the region tree does. */
  countryField: string | null
  /** How far below the top of the region tree the countries are. Default: 0. */
  countryDepth: number
  /** Objects per request. Default: 500. */
  pageSize: number
}

export interface SolarWindsSourceConfig extends ServerConfig {
  type: 'solarwinds'
  username: string
  password: string
  /** The columns of Orion.Nodes for our fields, as SWQL names them: `Caption`, `CustomProperties.Site`. */
  fields: FieldNames
  /** Values of columns, any of which a node must have, by the column's name. */
  filter: Record<string, string[]>
  /** Nodes per query. Default: 1000. */
  pageSize: number
}

interface FieldNames {
  name?: string | undefined
  address?: string | undefined
  site?: string | undefined
  country?: string | undefined
  port?: string | undefined
  platform?: string | undefined
  region?: string | undefined
  credential?: string | undefined
  /** What stays the same where a device is renamed or moved. */
  key?: string | undefined
}

/** A login; the names of its secrets are those that the log leaves out. */
export interface Credential {
  name: string
  username: string
  password?: string | undefined
  /** The key's text, decrypted, in a form that the probe takes. */
  privateKey?: string | undefined
  /** The devices it is for; null: every device. */
  match: Match | null
}

/** A capability that devices must offer to count as supported; `match` null: every device. */
export interface RequiredCapability {
  requirement:
    | { uri: string }
    | {
        module: string
        /** YYYY-MM-DD. */
        minRevision?: string | undefined
        features?: string[] | undefined
      }
  match: Match | null
}

/** Globs over what is known of a device; all that are given must fit. */
export interface Match {
  platform?: string | undefined
  country?: string | undefined
  site?: string | undefined
  name?: string | undefined
}
