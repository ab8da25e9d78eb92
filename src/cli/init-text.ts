import { stringify } from 'yaml'
import { isLoopbackHost } from '../config/values.ts'

export const SOURCE_TYPES = ['file', 'http', 'netbox', 'solarwinds', 'none'] as const
export type SourceType = (typeof SOURCE_TYPES)[number]

/** The answers from which a new configuration is written. */
export interface InitAnswers {
  source: SourceType
  /** The path of a file or the URL of a server; not used if there is no source. */
  location: string
  username: string
  /** A private key; null for a password. */
  keyFile: string | null
  /** The variable with the password of the devices; not used with a private key. */
  passwordEnv: string
  database: string
  every: string
  host: string
}

/** Secrets of sources are in variables of these names. */
const SOURCE_SECRET: Readonly<Record<SourceType, string | null>> = {
  file: null,
  http: null,
  netbox: 'NETBOX_TOKEN',
  solarwinds: 'SOLARWINDS_PASSWORD',
  none: null,
}

/** The variables that the configuration names, which hold secrets. */
export function variablesOf({ source, keyFile, passwordEnv }: InitAnswers): string[] {
  const ofSource = SOURCE_SECRET[source]
  return [...(ofSource === null ? [] : [ofSource]), ...(keyFile === null ? [passwordEnv] : [])]
}

/**
 * Returns the text of a configuration with comments.
 *
 * @param schemaFile the JSON Schema, for editors
 */
export function configurationText(answers: InitAnswers, schemaFile: string): string {
  const { database, every, host, username } = answers
  return `# yaml-language-server: $schema=${schemaFile}
#
# The configuration of Rollcall. All keys and their defaults are in docs/configuration.md.
# \`rollcall config check\` finds mistakes in it, \`rollcall config print\` shows every value in force.

# Where the list of devices comes from.
${sourceText(answers)}
# How to log in to the devices. The first credential whose \`match\` fits a device is used for it.
# A secret is never in this file, which names the variable or the file that holds it.
credentials:
  - name: default
    username: ${yaml(username)}
    ${secretText(answers)}
    # match: { site: "FRA*", platform: "iosxr*" }

# How often all devices are probed.
schedule:
  every: ${yaml(every)}
  onStart: true

# How the devices are probed.
probe:
  timeout: 10s
  # The first key that a device shows is trusted. \`known-hosts\` trusts those in a file only.
  hostKeys: trust-first
  # The capabilities that a device must have to count as supported:
  # requiredCapabilities:
  #   - urn:ietf:params:netconf:capability:candidate:1.0

# How many probes may run at once, and how many may start.
throttle:
  concurrency: 1000
  perSite: 10
  starts: 500/s

# A file of SQLite, or postgres://USER@HOST/DATABASE with the password under \`postgres\`.
database: ${yaml(database)}

# Any address but a loopback one needs \`auth\`.
server:
  host: ${yaml(host)}
  port: 4000
auth:
  # none, tokens (which \`rollcall token create\` makes) or jwt
  mode: ${isLoopbackHost(host) ? 'none' : 'tokens'}

# How long results and changes are kept.
# retention: { probes: 90d, changes: 365d }
`
}

function sourceText({ source, location }: InitAnswers): string {
  const at = yaml(location)
  switch (source) {
    case 'none':
      return `# sources:
#   - { name: global, type: file, path: ./inventory.csv }
`
    case 'file':
      return `sources:
  - name: global
    type: file
    path: ${at}
    # If the columns have other names than name, address, site and country:
    # fields: { name: Caption, address: IPAddress, site: SiteCode, country: Country }
`
    case 'http':
      return `sources:
  - name: global
    type: http
    url: ${at}
    # If the server asks for a login:
    # tokenEnv: INVENTORY_TOKEN
    # fields: { name: hostname, address: ip, site: site, country: country }
`
    case 'netbox':
      return `sources:
  - name: netbox
    type: netbox
    url: ${at}
    tokenEnv: ${SOURCE_SECRET.netbox}
    # Only devices of these statuses, and those that a filter of NetBox lets through:
    status: [active]
    # filter: { has_primary_ip: true, role: [router, switch] }
    # The level of NetBox's regions that holds the countries; 0 is the top.
    countryDepth: 0
`
    case 'solarwinds':
      return `sources:
  - name: solarwinds
    type: solarwinds
    url: ${at}
    # A user of SolarWinds, who needs to read only:
    username: rollcall
    passwordEnv: ${SOURCE_SECRET.solarwinds}
    # The columns of Orion.Nodes that hold the site and the country:
    fields:
      site: CustomProperties.Site
      country: CustomProperties.Country
`
  }
}

function secretText({ keyFile, passwordEnv }: InitAnswers): string {
  return keyFile === null ? `passwordEnv: ${yaml(passwordEnv)}` : `privateKeyFile: ${yaml(keyFile)}`
}

/** A value as YAML on one line. */
function yaml(value: string): string {
  return stringify(value, { lineWidth: 0 }).trimEnd()
}
