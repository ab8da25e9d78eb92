import { z } from 'zod'
import { HTTP_FORMATS, NETBOX_ADDRESSES, SOURCE_TYPES } from './schema.ts'
import {
  duration,
  list,
  mapping,
  path,
  percentage,
  serverUrl,
  text,
  variable,
  wholeNumber,
} from './values.ts'

/** A path of SWQL names: it is put into a query as it is. */
const COLUMN = /^[A-Za-z_][A-Za-z0-9_]{0,127}(?:\.[A-Za-z_][A-Za-z0-9_]{0,127}){0,4}$/
const column = z
  .string('a column of Orion.Nodes such as Caption or CustomProperties.Site')
  .regex(COLUMN, 'a column of Orion.Nodes such as Caption or CustomProperties.Site')

/** What NetBox would take for something else than a filter: they say what is in the answer, and how it is paged. */
const NETBOX_RESERVED = /^(?:status|limit|offset|start|ordering|brief|fields|exclude|omit|format)$/

/** TLS has no names that are addresses (RFC 6066 section 3). */
const HOST_NAME = /^(?=.{1,253}$)(?!\d+(?:\.\d+){3}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/
const CERTIFICATE_NAME = 'the host name in a certificate, such as SolarWinds-Orion'

const common = {
  name: text('a name').refine((name) => name !== 'manual', {
    error: 'a name other than "manual", which is where devices come from that were onboarded by hand',
  }),
  ceiling: mapping({
    decommission: percentage().optional(),
    move: percentage().optional(),
    atLeast: wholeNumber(0, 10_000_000).optional(),
  }).optional(),
  countryAliases: z
    .record(text('the name of a country'), text('the name of a country'), {
      error: (issue) =>
        issue.code === 'invalid_type' ? 'a mapping of names to names of countries' : undefined,
    })
    .optional(),
}

const remote = {
  ...common,
  url: serverUrl,
  caFile: path.optional(),
  tlsServerName: z.string(CERTIFICATE_NAME).regex(HOST_NAME, CERTIFICATE_NAME).optional(),
  timeout: duration('1s', '10m').optional(),
  totalTimeout: duration('1s', '1h').optional(),
}

const basic = {
  username: text('a user name').optional(),
  passwordEnv: variable.optional(),
  passwordFile: path.optional(),
}
const token = { tokenEnv: variable.optional(), tokenFile: path.optional() }

const fieldsOf = <Name extends z.ZodType>(name: Name) => ({
  name: name.optional(),
  address: name.optional(),
  site: name.optional(),
  country: name.optional(),
  port: name.optional(),
  platform: name.optional(),
  region: name.optional(),
  credential: name.optional(),
  key: name.optional(),
})
const recordFields = mapping(fieldsOf(text('the name of a field in the records'))).optional()

const pageSize = wholeNumber(1, 10_000).optional()

/** The values that one key may have: any of them will do. */
const values = z.preprocess(
  (given) => (Array.isArray(given) ? given : [given]),
  z
    .array(z.string('a text, or a list of texts').min(1, 'a text, or a list of texts'))
    // Without a value there would be no condition, and the source would give everything.
    .min(1, 'a text, or a list of at least one text'),
)

function filterOf<Name extends z.ZodType<string, string>>(name: Name) {
  return z
    .record(name, values, {
      error: (issue) => (issue.code === 'invalid_type' ? 'a mapping of names to values' : undefined),
    })
    .optional()
}

const file = mapping({ ...common, type: z.literal('file'), path, fields: recordFields })

const http = mapping({
  ...remote,
  ...basic,
  ...token,
  type: z.literal('http'),
  format: z.enum(HTTP_FORMATS, `one of ${HTTP_FORMATS.join(', ')}`).optional(),
  fields: recordFields,
})

const netbox = mapping({
  ...remote,
  ...token,
  type: z.literal('netbox'),
  status: list(text('a status of devices such as active')).optional(),
  filter: filterOf(
    text('the name of a filter for devices').refine((name) => !NETBOX_RESERVED.test(name), {
      error: 'the name of a filter for devices, and not one of status, limit, ordering and the like',
    }),
  ),
  addresses: list(z.enum(NETBOX_ADDRESSES, `one of ${NETBOX_ADDRESSES.join(', ')}`))
    .refine((fields) => fields.length > 0, {
      error: 'is empty; leave it out, or name an address',
      params: { predicate: true },
    })
    .optional(),
  countryField: text('the name of a custom field').optional(),
  countryDepth: wholeNumber(0, 20).optional(),
  pageSize,
}).superRefine(({ countryField, countryDepth }, context) => {
  if (countryField === undefined || countryDepth === undefined) return
  const message = 'stands beside "countryField", which says where the country is, too; remove one of them'
  context.addIssue({ code: 'custom', path: ['countryDepth'], message, params: { predicate: true } })
})

const solarwinds = mapping({
  ...remote,
  ...basic,
  type: z.literal('solarwinds'),
  fields: mapping({ ...fieldsOf(column), site: column, country: column }),
  filter: filterOf(column),
  pageSize,
})

/** One source, whose `type` tells which other keys it has. */
export const source = z.discriminatedUnion('type', [file, http, netbox, solarwinds], {
  error: (issue) =>
    issue.code === 'invalid_union' ? `one of ${SOURCE_TYPES.join(', ')}` : 'a mapping of keys to values',
})

/** What a source that says nothing of it gets; durations in milliseconds. */
export const SOURCE_DEFAULTS = {
  ceiling: { decommission: 0.1, move: 0.1, atLeast: 20 },
  timeoutMs: 30_000,
  totalTimeoutMs: 600_000,
  netboxStatus: ['active'],
  netboxAddresses: ['primary_ip'],
  netboxPageSize: 500,
  solarwindsPageSize: 1_000,
  /** What Orion.Nodes has for every node. */
  solarwindsFields: { name: 'Caption', address: 'IPAddress', key: 'NodeID' },
} as const
