import { z } from 'zod'
import {
  duration,
  list,
  mapping,
  oneOf,
  path,
  percentage,
  refuse,
  text,
  urlOfServer,
  variable,
  wholeNumber,
} from './values.ts'

/** A path of SWQL names. It becomes part of a query as it is. */
const COLUMN = /^[A-Za-z_][A-Za-z0-9_]{0,127}(?:\.[A-Za-z_][A-Za-z0-9_]{0,127}){0,4}$/
const COLUMN_EXAMPLE = 'a column of Orion.Nodes such as Caption or CustomProperties.Site'
const column = z.string(COLUMN_EXAMPLE).regex(COLUMN, COLUMN_EXAMPLE).meta({ values: 'column' })

/** Parameters of NetBox that are no filters: they select what the answer holds and how it is paged. */
const NETBOX_RESERVED = /^(?:status|limit|offset|start|ordering|brief|fields|exclude|omit|format)$/

/** TLS server names cannot be addresses (RFC 6066 section 3). */
const HOST_NAME = /^(?=.{1,253}$)(?!\d+(?:\.\d+){3}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/
const CERTIFICATE_NAME = 'the host name in a certificate, such as SolarWinds-Orion'

const ceiling = mapping({
  decommission: percentage()
    .prefault('10%')
    .describe('A sync that would decommission more than this share of the devices awaits approval.'),
  move: percentage()
    .prefault('10%')
    .describe('A sync that would move more than this share of the devices to another site awaits approval.'),
  atLeast: wholeNumber(0, 10_000_000)
    .prefault(20)
    .describe('Up to this number of devices, neither needs approval, whatever their share.'),
})

/** Limits on what a sync may do without approval. A share is of the source's active devices, from 0 to 1. */
export type Ceiling = z.output<typeof ceiling>

/** The ceiling of a source that configures none. */
export const DEFAULT_CEILING: Ceiling = ceiling.parse({})

const common = {
  name: text('a name')
    .refine((name) => name !== 'manual', {
      error: 'a name other than "manual", which is where devices come from that were onboarded by hand',
    })
    .describe('The name of the source. It must be unique.'),
  ceiling: ceiling.prefault({}).describe('Limits on what a sync may do without approval.'),
  countryAliases: z
    .record(text('the name of a country'), text('the name of a country'), {
      error: (issue) =>
        issue.code === 'invalid_type' ? 'a mapping of names to names of countries' : undefined,
    })
    .optional()
    .describe('The name of a country for each other name that the source uses for it.'),
}

const remote = {
  ...common,
  url: urlOfServer(
    'holds a login, and would keep a secret in this file; ' +
      'name it with "username" and "passwordEnv", or "tokenEnv", instead',
  ).describe('The URL, without a login. It must be `https://`; `http://` is accepted for this machine only.'),
  caFile: path
    .optional()
    .describe('The certificates (PEM) of the only authorities to trust. Default: those that Node.js trusts.'),
  tlsServerName: z.string(CERTIFICATE_NAME).regex(HOST_NAME, CERTIFICATE_NAME).optional().meta({
    values: 'host name',
    description: "The name that the server's certificate must be for. Default: the host of the URL.",
  }),
  timeout: duration('1s', '10m').prefault('30s').describe('How long the server may send nothing.'),
  totalTimeout: duration('1s', '1h')
    .prefault('10m')
    .describe('How long one fetch may take, with all its requests and retries.'),
}

const basic = {
  username: text('a user name').optional().describe('The user to log in as.'),
  passwordEnv: variable.optional().describe('The variable with the password.'),
  passwordFile: path.optional().describe('The file with the password, instead of the variable.'),
}
const token = {
  tokenEnv: variable.optional().describe('The variable with the token.'),
  tokenFile: path.optional().describe('The file with the token, instead of the variable.'),
}

/** The names that the source uses for the fields of a record. */
const fieldsOf = <Name extends z.ZodType<string, string>>(name: Name) => ({
  name: name.optional().describe('The name of the device.'),
  address: name.optional().describe('Its IP address or host name.'),
  site: name.optional().describe('Its site.'),
  country: name.optional().describe('The country of the site.'),
  port: name.optional().describe('The port of NETCONF. Default: `probe.port`.'),
  platform: name.optional().describe('Its platform, such as `iosxr`.'),
  region: name.optional().describe('The region of the country.'),
  credential: name.optional().describe('The name of the credential to use.'),
  key: name.optional().describe('A value that stays the same if the device is renamed or moved.'),
})
const recordFields = mapping(fieldsOf(text('the name of a field in the records')))
  .prefault({})
  .describe('The names that the records use for the fields, if they differ.')

const delimiter = oneOf(['comma', 'semicolon', 'tab', 'pipe'])
  .optional()
  .describe('What stands between the cells of CSV. Default: it is found by the header.')

export type DelimiterName = NonNullable<z.output<typeof delimiter>>

const FILTER_VALUE = 'a text, true, false or a whole number, or a list of them'

const values = z
  .preprocess(
    (given) => (Array.isArray(given) ? given : [given]),
    z
      .array(
        z
          .union(
            [
              z.string().min(1, FILTER_VALUE),
              z.boolean(),
              z.number().refine(Number.isSafeInteger, FILTER_VALUE),
            ],
            FILTER_VALUE,
          )
          .transform((value) => String(value)),
      )
      // Without a value there would be no condition, and the source would return everything.
      .min(1, 'a value, or a list of at least one'),
  )
  .meta({ values: 'text, `true`, `false`, whole number, or list of them' })

function filterOf<Name extends z.ZodType<string, string>>(name: Name) {
  return z.record(name, values, {
    error: (issue) => (issue.code === 'invalid_type' ? 'a mapping of names to values' : undefined),
  })
}

const file = mapping({
  ...common,
  type: z.literal('file'),
  path: path.describe('A `.json`, `.ndjson`, `.csv`, `.tsv` or `.yaml` file.'),
  delimiter,
  fields: recordFields,
})

const http = mapping({
  ...remote,
  ...basic,
  ...token,
  type: z.literal('http'),
  format: oneOf(['json', 'ndjson', 'csv'])
    .optional()
    .describe('The format of the answer. Default: the content type says it, or the extension of the URL.'),
  delimiter,
  fields: recordFields,
}).transform(({ format = null, ...rest }) => withMs({ ...rest, format }))

const netbox = mapping({
  ...remote,
  ...token,
  type: z.literal('netbox'),
  status: list(text('a status of devices such as active'))
    .prefault(['active'])
    .describe('Only devices of these statuses; `[]`: of all.'),
  filter: filterOf(
    text('the name of a filter for devices').refine((name) => !NETBOX_RESERVED.test(name), {
      error: 'the name of a filter for devices, and not one of status, limit, ordering and the like',
    }),
  )
    .prefault({})
    .describe('More filters of NetBox for devices, each with a value or a list of values.'),
  addresses: list(oneOf(['primary_ip', 'primary_ip4', 'primary_ip6', 'oob_ip']))
    .refine((fields) => fields.length > 0, {
      error: 'is empty; leave it out, or name an address',
      params: { predicate: true },
    })
    .prefault(['primary_ip'])
    .describe("NetBox's address fields. The first that a device has is its address."),
  countryField: text('the name of a custom field')
    .optional()
    .describe('A custom field of sites, or of the regions above them, that names the country.'),
  countryDepth: wholeNumber(0, 20)
    .optional()
    .describe('The level of the region tree that holds the countries. Default: 0, the top.'),
  pageSize: wholeNumber(1, 10_000).prefault(500).describe('The number of objects for each request.'),
})
  .superRefine(({ countryField, countryDepth }, context) => {
    if (countryField === undefined || countryDepth === undefined) return
    const message = 'stands beside "countryField", which says where the country is, too; remove one of them'
    refuse(context, ['countryDepth'], message)
  })
  .transform(({ countryField = null, countryDepth = 0, ...rest }) =>
    withMs({ ...rest, countryField, countryDepth }),
  )

const solarwinds = mapping({
  ...remote,
  ...basic,
  type: z.literal('solarwinds'),
  fields: mapping({
    ...fieldsOf(column),
    // Orion.Nodes has these columns for every node.
    name: column.prefault('Caption').describe('The name of the device.'),
    address: column.prefault('IPAddress').describe('Its IP address or host name.'),
    site: column.describe('Its site.'),
    country: column.describe('The country of the site.'),
    key: column.prefault('NodeID').describe('A value that stays the same if the device is renamed or moved.'),
  }).describe('The columns of Orion.Nodes for the fields, as SWQL names them.'),
  filter: filterOf(column)
    .prefault({})
    .describe('Columns of Orion.Nodes, each with the value or the list of values that a node may have.'),
  pageSize: wholeNumber(1, 10_000).prefault(1_000).describe('The number of nodes for each query.'),
}).transform(withMs)

export const source = z
  .discriminatedUnion('type', [file, http, netbox, solarwinds], {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'one of file, http, netbox, solarwinds'
        : 'a mapping of keys to values',
  })
  .describe('The kind of source. It decides which other keys there are.')

type WrittenSource = z.output<typeof source>

/** The keys whose values are read from elsewhere or depend on such values. */
type Unread = 'ceiling' | 'caFile' | 'tlsServerName' | 'username' | `${'password' | 'token'}${'Env' | 'File'}`

/** A source of this type as it is fetched, with its secrets and certificates read. */
type Read<Type extends WrittenSource['type']> = Omit<Extract<WrittenSource, { type: Type }>, Unread>

/** The keys of all sources that are fetched over HTTP. */
interface Tls {
  /** The certificates in PEM of the trusted authorities; null: those that Node.js trusts. */
  ca: string | null
  /** The name that the server's certificate must be for; null: the host of the URL. */
  tlsServerName: string | null
}

export type FileSourceConfig = Read<'file'>
export type HttpSourceConfig = Read<'http'> &
  Tls & { login: { token: string } | { username: string; password: string } | null }
export type NetBoxSourceConfig = Read<'netbox'> & Tls & { token: string }
export type SolarWindsSourceConfig = Omit<Read<'solarwinds'>, 'fields'> &
  Tls & { username: string; password: string; fields: Partial<Read<'solarwinds'>['fields']> }

/** All that is needed to fetch a source. */
export type SourceAccess = FileSourceConfig | HttpSourceConfig | NetBoxSourceConfig | SolarWindsSourceConfig

export type SourceConfig = SourceAccess & { ceiling: Ceiling }

function withMs<Keys extends { timeout: number; totalTimeout: number }>({
  timeout,
  totalTimeout,
  ...rest
}: Keys) {
  return { ...rest, timeoutMs: timeout, totalTimeoutMs: totalTimeout }
}
