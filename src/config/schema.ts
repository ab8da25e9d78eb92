import type { LogLevel } from '../base/log.ts'

export const HOST_KEY_POLICIES = ['trust-first', 'known-hosts', 'off'] as const
/**
 * Which host key a device may show: the one that it showed first, one that a known-hosts file has for it, or any.
 */
export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number]

/** The configuration in force: checked, every default filled in, paths absolute, secrets read. Plain data. */
export interface Config {
  server: {
    /** A loopback address or `localhost`. */
    host: string
    /** 0: any free one. */
    port: number
  }
  /** Path of the SQLite file. */
  database: string
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
  log: {
    level: LogLevel
  }
}

export interface SourceConfig {
  name: string
  type: 'file'
  path: string
  /** What the records call our fields, where they call them otherwise. */
  fields: FieldNames
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
}

/** A login; the names of its secrets are those that the log leaves out. */
export interface Credential {
  name: string
  username: string
  password?: string | undefined
  /** The key's text. */
  privateKey?: string | undefined
  passphrase?: string | undefined
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
