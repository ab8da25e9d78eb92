import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { LOG_FORMATS, LOG_LEVELS } from '../base/log.ts'
import { type AuthConfig, auth } from './auth-schema.ts'
import { notify, type Receiver } from './notify-schema.ts'
import { isOrigin, LOOPBACK, ORIGIN } from './origin.ts'
import { isPostgresUrl, parsePostgresUrl } from './postgres-url.ts'
import { type Credential, credential, probe } from './probe-schema.ts'
import { checkRegions, devices, probers } from './prober-schema.ts'
import { defaultsOf } from './schema-keys.ts'
import { type SourceConfig, source } from './source-schema.ts'
import {
  countOrAuto,
  duration,
  isLoopbackHost,
  list,
  mapping,
  namedList,
  oneOf,
  path,
  percentage,
  rate,
  refuse,
  text,
  together,
  trueFalseOrAuto,
  trueOrFalse,
  unusable,
  variable,
  wholeNumber,
} from './values.ts'

// The parts of `Config` that other modules name.
export type { AuthConfig, JwtConfig } from './auth-schema.ts'
export type { Match } from './match.ts'
export type { Credential, HostKeyPolicy } from './probe-schema.ts'
export type {
  Ceiling,
  DelimiterName,
  FileSourceConfig,
  HttpSourceConfig,
  NetBoxSourceConfig,
  SolarWindsSourceConfig,
  SourceAccess,
  SourceConfig,
} from './source-schema.ts'

const origin = z
  .string(ORIGIN)
  .refine((given) => given === '*' || given === LOOPBACK || isOrigin(given), { error: ORIGIN })
  .meta({ values: 'origin' })

const server = mapping({
  host: text('a host')
    .prefault('127.0.0.1')
    .describe(
      'The address to listen on. Any but a loopback address needs `auth.mode` to be `tokens` or `jwt`.',
    ),
  port: wholeNumber(0, 65_535).prefault(4_000).describe('The port to listen on. 0 means any free one.'),
  cors: list(origin)
    .prefault([])
    .describe(
      'Origins whose pages may use the API from a browser. ' +
        '`loopback` means those of this machine, with any port. `"*"` means all, and needs `auth`.',
    ),
  introspection: trueOrFalse.prefault(true).describe('Whether clients may query the schema.'),
  graphiql: trueFalseOrAuto()
    .prefault('auto')
    .describe('Whether GraphiQL is served. `auto`: only if `host` is a loopback address.'),
  console: trueOrFalse
    .prefault(true)
    .describe('Whether the console, a web page for operators, is served at `/` once it is built.'),
}).describe('The HTTP server.')

const persistedOperations = mapping({
  file: path.nullable().prefault(null).describe('A JSON file with the text of each operation by its id.'),
  only: trueOrFalse.prefault(false).describe('Whether all other operations are refused. It needs `file`.'),
})
  .superRefine(({ file, only }, context) => {
    if (file !== null || !only) return
    const message = 'is true, which needs "file" beside it: without one there is no operation to allow'
    refuse(context, ['only'], message)
  })
  .describe('Operations that clients may name by an id.')

const database = text('the path of a file, or the URL of a PostgreSQL database')
  .transform((given, context): string => {
    const parsed = isPostgresUrl(given) ? parsePostgresUrl(given) : null
    // The message omits the value, which may hold a password.
    if (parsed && 'problem' in parsed) return unusable(context, undefined, parsed.problem, true)
    return given
  })
  .meta({ values: 'path or URL' })

const postgres = mapping({
  passwordEnv: variable.optional().describe('The variable with the password.'),
  passwordFile: path.optional().describe('The file with the password, instead of the variable.'),
  caFile: path
    .optional()
    .describe('The certificates (PEM) of the only authorities to trust. Default: those that Node.js trusts.'),
}).describe('How to log in to the PostgreSQL database that `database` names.')

const schedule = mapping({
  every: duration('1m').prefault('2h').describe('The interval between the starts of two refreshes.'),
  onStart: trueOrFalse.prefault(true).describe('Whether the gateway starts with a refresh.'),
}).transform(({ every, ...rest }) => ({ ...rest, everyMs: every }))

const throttle = mapping({
  // 500 starts a second of probes that take two seconds, as they do over 300 ms.
  concurrency: wholeNumber(1, 10_000)
    .prefault(1_000)
    .describe(
      'Concurrent probes in all. Those above 200 start only while the processor keeps up with the others. ' +
        'Half of the files that may be open limit it, too.',
    ),
  perSite: wholeNumber(1, 10_000).prefault(10).describe('Concurrent probes at one site.'),
  perCredential: wholeNumber(1, 10_000)
    .prefault(10_000)
    .describe('Concurrent probes with one credential. The default is no limit of its own.'),
  // 14,000 devices in a minute need 234 a second, and more if some are tried again.
  starts: rate('1/m', '10000/s').prefault('500/s').describe('Probes that may start, evenly spaced.'),
  coolDown: duration('0')
    .prefault('60s')
    .describe('A device probed within this time is not probed again unless forced. 0: it always is.'),
  retries: wholeNumber(0, 5)
    .prefault(1)
    .describe('How often a device is tried again within a refresh if its outcome may change. 0: never.'),
  suspendCredentialAfter: wholeNumber(1, 100)
    .prefault(5)
    .describe('Rejected logins in a row, over all devices, after which a credential is suspended.'),
}).transform(({ starts, coolDown, ...rest }) => ({ ...rest, startsPerSecond: starts, coolDownMs: coolDown }))

const keptFor = duration('1d', '36500d', '30d or 365d')

const retention = mapping({
  probes: keptFor
    .prefault('90d')
    .describe('How long probes are kept. A refresh is deleted with its last probe.'),
  changes: keptFor
    .prefault('365d')
    .describe('How long the change log and the sync plans that await nothing are kept.'),
})
  .transform(({ probes, changes }) => ({ probesMs: probes, changesMs: changes }))
  .describe('How long history is kept. The latest probe of each device is kept for ever.')

const limits = mapping({
  depth: wholeNumber(5, 100).prefault(20).describe('Fields within fields.'),
  aliases: wholeNumber(0, 1_000)
    .prefault(100)
    .describe('Fields with an alias; those of a fragment count each time it is used.'),
  tokens: wholeNumber(500, 100_000)
    .prefault(5_000)
    .describe('Names, values and punctuation marks of a document.'),
  // 14,000 devices in 1,400 sites cost 23,000 with five fields each, and 100,000 with facts and last probe.
  cost: wholeNumber(1_000, 100_000_000)
    .prefault(150_000)
    .describe(
      'The cost of a query: 1 for each object and 0.1 for each other value. ' +
        'Mutations and events may cost 1/15.',
    ),
  requestBytes: wholeNumber(10_000, 100_000_000)
    .prefault(1_048_576)
    .describe('Bytes of a request body, and of a message over WebSocket.'),
  requestTime: duration('100ms', '1h')
    .prefault('30s')
    .describe('How long a query may take, from the arrival of its request.'),
  mutations: rate('1/m', '1000/s')
    .prefault('60/m')
    .describe('Mutations of each caller that start work, such as `startRefresh`.'),
})
  .transform(({ requestTime, mutations, ...counts }) => ({
    ...counts,
    requestTimeMs: requestTime,
    mutationsPerMinute: Math.round(mutations * 60),
  }))
  .describe('What one request to the API may use.')

const traces = mapping({
  enabled: trueOrFalse
    .prefault(false)
    .describe('Whether traces are sent over OTLP. It needs packages: see [traces.md](traces.md).'),
  probes: percentage()
    .prefault('1%')
    .describe('The share of the probes of a traced refresh that are in its trace.'),
}).describe('OpenTelemetry traces. The `OTEL_` variables say where they are sent, and which are sampled.')

/** The sections and single keys of the configuration, without the checks that concern several of them. */
export const sections = mapping({
  server: server.prefault({}),
  persistedOperations: persistedOperations.prefault({}),
  database: database
    .prefault('./rollcall.db')
    .describe('The SQLite file, or the URL of a PostgreSQL database: `postgres://USER@HOST/DATABASE`.'),
  postgres: postgres.prefault({}),
  auth: auth.prefault({}),
  sources: namedList(source).prefault([]),
  schedule: schedule.prefault({}),
  credentials: namedList(credential).prefault([]),
  probe: probe.prefault({}),
  devices: devices.prefault({}),
  probers: probers.prefault({}),
  throttle: throttle.prefault({}),
  workers: countOrAuto(1, 64)
    // One core is left to the thread that answers queries.
    .transform((workers) => (workers === 'auto' ? Math.max(1, availableParallelism() - 1) : workers))
    .prefault('auto')
    .describe('Threads that probe. `auto`: one fewer than there are cores, but at least one.'),
  retention: retention.prefault({}),
  notify: notify.prefault([]),
  limits: limits.prefault({}),
  traces: traces.prefault({}),
  log: mapping({
    level: oneOf(LOG_LEVELS).prefault('info').describe('The least severe messages to log.'),
    format: oneOf(LOG_FORMATS)
      .prefault('auto')
      .describe(
        '`json`: one line of JSON per event. `pretty`: a text for people. ' +
          '`auto`: `pretty` on a terminal, else `json`.',
      ),
  }).prefault({}),
})

const withRegions = together(sections, ['devices', 'probers', 'database'], (config, context) => {
  checkRegions(config, isPostgresUrl(config.database), context)
})

const withCallers = together(withRegions, ['server.host', 'auth.mode'], ({ server, auth }, context) => {
  // Without authentication, only callers on this machine are let in.
  if (auth.mode === 'none' && !isLoopbackHost(server.host)) {
    const message =
      `is ${JSON.stringify(server.host)}; any address but a loopback one ` +
      '(127.0.0.1, ::1, localhost) needs "auth.mode" to be tokens or jwt, and that is none'
    refuse(context, ['server', 'host'], message)
  }
})

const withOrigins = together(withCallers, ['server.cors', 'auth.mode'], ({ server, auth }, context) => {
  const anyOrigin = server.cors.indexOf('*')
  if (auth.mode === 'none' && anyOrigin >= 0) {
    const message =
      'is "*", which would let any page in a browser start refreshes; name the origins, or turn auth on'
    refuse(context, ['server', 'cors', anyOrigin], message)
  }
})

/**
 * All that the file and the environment may configure, with the defaults, the checks and the descriptions.
 * Durations become milliseconds. Paths and the places of secrets stay as they are written.
 */
export const configSchema = together(
  withOrigins,
  ['server.graphiql', 'server.introspection', 'persistedOperations.only'],
  ({ server, persistedOperations: { only } }, context) => {
    // A person who turns GraphiQL on expects it to work.
    if (server.graphiql === true && (only || !server.introspection)) {
      const why = only
        ? 'runs operations of its own, which "persistedOperations.only" refuses'
        : 'asks for the schema, which "server.introspection" refuses'
      refuse(context, ['server', 'graphiql'], `is true, and GraphiQL ${why}; change one of the two`)
    }
  },
).transform(({ server, ...rest }) => ({
  ...rest,
  server: {
    ...server,
    graphiql: server.graphiql === 'auto' ? isLoopbackHost(server.host) : server.graphiql,
  },
}))

/** A configuration that was checked, before its paths and secrets are resolved. */
export type CheckedConfig = z.output<typeof configSchema>

/** The configuration in force: plain data, with absolute paths and the secrets read. */
export type Config = Omit<CheckedConfig, 'auth' | 'sources' | 'credentials' | 'postgres' | 'notify'> & {
  /** How to log in, if `database` is a URL. */
  postgres: { password?: string; ca: string | null }
  auth: AuthConfig
  sources: SourceConfig[]
  /** In order of precedence: the first one that matches a device is used for it. */
  credentials: Credential[]
  notify: Receiver[]
}

/** Every default, as the file would write it. Keys without a default are left out. */
export const DEFAULTS = defaultsOf(configSchema)
