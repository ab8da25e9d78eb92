import { z } from 'zod'
import { LOG_LEVELS } from '../base/log.ts'
import { AUTH_DEFAULTS, auth, refuseOpenHost } from './auth-schema.ts'
import { LIMITS_DEFAULTS, limits } from './limits-schema.ts'
import { HOST_KEY_POLICIES } from './schema.ts'
import {
  PERSISTED_OPERATIONS_DEFAULTS,
  persistedOperations,
  refuseOpenCors,
  refuseVainGraphiql,
  SERVER_DEFAULTS,
  serverKeys,
} from './server-schema.ts'
import { source } from './source-schema.ts'
import {
  countOrAuto,
  duration,
  list,
  mapping,
  namedList,
  path,
  rate,
  text,
  variable,
  wholeNumber,
} from './values.ts'

const glob = text('a glob such as "iosxe*"').optional()
/** A match that names nothing would fit every device. */
const globs = mapping({ platform: glob, country: glob, site: glob, name: glob }).superRefine(
  (given, context) => {
    // A key that is not known is a problem of its own.
    if (context.issues.length > 0 || Object.values(given).some((each) => each !== undefined)) return
    const message = 'needs "platform", "country", "site" or "name"; { name: "*" } fits every device'
    context.addIssue({ code: 'custom', message, params: { predicate: true } })
  },
)
const match = globs.optional()
const credential = mapping({
  name: text('a name'),
  username: text('a user name'),
  passwordEnv: variable.optional(),
  passwordFile: path.optional(),
  privateKeyEnv: variable.optional(),
  privateKeyFile: path.optional(),
  passphraseEnv: variable.optional(),
  passphraseFile: path.optional(),
  match,
})

const requiredCapability = z.preprocess(
  (given) => (typeof given === 'string' ? { uri: given } : given),
  mapping({
    uri: z.string('a capability URI').regex(/^\S+$/, 'a capability URI without spaces').optional(),
    module: text('the name of a YANG module').optional(),
    minRevision: z.iso.date('a date, YYYY-MM-DD').optional(),
    features: list(text('the name of a YANG feature')).optional(),
    match,
  }).superRefine(({ uri, module, minRevision, features }, context) => {
    const complain = (message: string) =>
      context.addIssue({ code: 'custom', message, params: { predicate: true } })
    if ((uri === undefined) === (module === undefined)) complain('needs "uri" or "module", and not both')
    else if (uri !== undefined && (minRevision ?? features) !== undefined) {
      complain('has "uri"; "minRevision" and "features" go with "module" only')
    }
  }),
)

const probe = mapping({
  port: wholeNumber(1, 65_535),
  timeout: duration('100ms', '10m'),
  requiredCapabilities: list(requiredCapability),
  hostKeys: z.enum(HOST_KEY_POLICIES, `one of ${HOST_KEY_POLICIES.join(', ')}`),
  knownHostsFile: path.nullable(),
  facts: z.boolean('true or false'),
  legacyAlgorithms: list(globs),
}).superRefine(({ hostKeys, knownHostsFile }, context) => {
  const complain = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message, params: { predicate: true } })
  if (hostKeys === 'known-hosts' && knownHostsFile === null) {
    complain('hostKeys', 'is known-hosts, which needs "knownHostsFile" beside it')
  }
  // Who names the file means the keys to be checked against it, and they would not be.
  if (hostKeys !== 'known-hosts' && knownHostsFile !== null) {
    complain('knownHostsFile', `goes with "hostKeys: known-hosts" only, and that is ${hostKeys}`)
  }
})

const keptFor = duration('1d', '36500d', '30d or 365d')

/** What the file and the environment may say; the defaults stand beneath them, so that all is there. */
export const fileSchema = mapping({
  server: mapping({ host: text('a host'), port: wholeNumber(0, 65_535), ...serverKeys }),
  persistedOperations,
  database: path,
  auth,
  sources: namedList(source),
  schedule: mapping({ every: duration('1m'), onStart: z.boolean('true or false') }),
  credentials: namedList(credential),
  probe,
  throttle: mapping({
    concurrency: wholeNumber(1, 10_000),
    perSite: wholeNumber(1, 10_000),
    perCredential: wholeNumber(1, 10_000),
    starts: rate('1/m', '10000/s'),
    coolDown: duration('0'),
    retries: wholeNumber(0, 5),
    suspendCredentialAfter: wholeNumber(1, 100),
  }),
  workers: countOrAuto(1, 64),
  retention: mapping({ probes: keptFor, changes: keptFor }),
  limits,
  log: mapping({ level: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`) }),
}).superRefine((config, context) => {
  refuseOpenHost(config, context)
  refuseOpenCors(config, context)
  refuseVainGraphiql(config, context)
})

/** The file's content, checked, durations in milliseconds; paths and secrets as they are written. */
export type FileConfig = z.output<typeof fileSchema>

type Input = z.input<typeof fileSchema>

export const DEFAULTS = {
  server: { host: '127.0.0.1', port: 4000, ...SERVER_DEFAULTS },
  persistedOperations: PERSISTED_OPERATIONS_DEFAULTS,
  database: './rollcall.db',
  auth: AUTH_DEFAULTS,
  sources: [],
  schedule: { every: '2h', onStart: true },
  credentials: [],
  probe: {
    port: 830,
    timeout: '10s',
    requiredCapabilities: [],
    hostKeys: 'trust-first',
    knownHostsFile: null,
    facts: true,
    legacyAlgorithms: [],
  },
  throttle: {
    concurrency: 200,
    perSite: 10,
    perCredential: 10_000,
    // 14,000 devices in a minute need 234 a second, and more where some are tried again.
    starts: '500/s',
    coolDown: '60s',
    retries: 1,
    suspendCredentialAfter: 5,
  },
  workers: 'auto',
  retention: { probes: '90d', changes: '365d' },
  limits: LIMITS_DEFAULTS,
  log: { level: 'info' },
} satisfies Input
