import { messageOf, RollcallError, systemCodeOf } from '../../base/errors.ts'
import { type PostgresPlace, shownPlace } from '../../config/postgres-url.ts'

/** The explanation of a kind of failure. */
interface Explanation {
  /** The predicate of a sentence about the database. `said` is what the server or the system said. */
  advice: (said: string, place: PostgresPlace) => string
  /** For users of the API: why the database cannot be used at present. */
  reason?: string
  /** Whether the same call may succeed later. `ONCE_OPEN`: if the database was opened before. */
  passes: 'ALWAYS' | 'ONCE_OPEN' | 'NEVER'
}

const UNREACHABLE: Explanation = {
  advice: (said) => `cannot be reached (${said}); check the host and the port, the network, and that it runs`,
  reason: 'it cannot be reached',
  passes: 'ALWAYS',
}

const RESTARTING: Explanation = {
  advice: (said) => `is starting or stopping (${said}); wait until it runs`,
  reason: 'it is restarting',
  passes: 'ALWAYS',
}

const LOCKED: Explanation = {
  advice: () => 'is locked by another process; end that process, or wait',
  reason: 'it is locked by another process',
  passes: 'ALWAYS',
}

const NO_CERTIFICATE: Explanation = {
  advice: (said) =>
    `has a certificate that is not trusted (${said}); ` +
    'name the authority with "postgres.caFile", or add ?sslmode=require to the URL',
  reason: 'its certificate is not trusted',
  passes: 'ONCE_OPEN',
}

const NO_PASSWORD: Explanation = {
  advice: () =>
    'asks for a password, and none is configured; ' +
    'name one with "postgres.passwordEnv" or "postgres.passwordFile"',
  reason: 'it refuses the login',
  passes: 'ONCE_OPEN',
}

const NO_ADMITTANCE: Explanation = {
  advice: (said, { sslMode }) =>
    sslMode === 'disable' && /no encryption|SSL off/.test(said)
      ? `does not admit this login without TLS (${said}); ` +
        'add ?sslmode=verify-full to the URL, or change pg_hba.conf'
      : `does not admit this login (${said}); check the user, and pg_hba.conf on the server`,
  reason: 'it refuses the login',
  passes: 'ONCE_OPEN',
}

/** By the codes of PostgreSQL (appendix A of its manual); a code of two characters stands for its class. */
const BY_SQLSTATE: Readonly<Record<string, Explanation>> = {
  '08': UNREACHABLE,
  '25006': {
    advice: () => 'takes no writes, as a standby does; name the primary server',
    reason: 'it takes no writes',
    passes: 'ALWAYS',
  },
  '28000': NO_ADMITTANCE,
  '28P01': {
    advice: () =>
      'refuses the password; check the one that "postgres.passwordEnv" or "postgres.passwordFile" names',
    reason: 'it refuses the login',
    passes: 'ONCE_OPEN',
  },
  '3D000': {
    advice: () => 'does not exist; create it with createdb, or name another one',
    reason: 'it does not exist',
    passes: 'ONCE_OPEN',
  },
  '40': LOCKED,
  '42501': {
    advice: (said) =>
      `may not be used by this user as Rollcall does (${said}); ` +
      'make the user the owner of the database or of its schema',
    passes: 'NEVER',
  },
  '42P01': altered(),
  '42703': altered(),
  '53100': {
    advice: () => 'cannot grow because its disk is full; free some space',
    reason: 'its disk is full',
    passes: 'ALWAYS',
  },
  '53200': {
    advice: () => 'needs more memory than its machine has left; free some',
    reason: 'memory is short',
    passes: 'ALWAYS',
  },
  '53300': {
    advice: (said) => `has no connection left (${said}); raise max_connections, or end other programs`,
    reason: 'it has no connection left',
    passes: 'ALWAYS',
  },
  '55P03': LOCKED,
  '57P': RESTARTING,
  '58030': {
    advice: (said) => `cannot read or write its disk (${said}); check it`,
    reason: 'its disk does not read or write it',
    passes: 'ALWAYS',
  },
  XX001: damaged(),
  XX002: damaged(),
}

/** Codes of Node.js for what happens between here and the server. */
const NETWORK = /^(?:E(?:CONN|HOST|NET|PIPE|TIMEDOUT|AI_|NOTFOUND)|ENOENT$|EACCES$)/
/** Codes of Node.js for certificates. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|^ERR_TLS/

/** Failures of pg itself, which have no code. */
const BY_MESSAGE: readonly (readonly [RegExp, Explanation])[] = [
  [/^Connection terminated|not queryable|^timeout expired|^Query read timeout/, UNREACHABLE],
  [/password must be a string|^SASL: .*password/i, NO_PASSWORD],
  [
    /does not support SSL/,
    {
      advice: () => 'offers no TLS; turn it on at the server, or add ?sslmode=disable to the URL',
      reason: 'it offers no TLS',
      passes: 'ONCE_OPEN',
    },
  ],
]

function altered(): Explanation {
  return { advice: (said) => `was altered (${said}); restore it from a backup`, passes: 'NEVER' }
}

function damaged(): Explanation {
  return { advice: (said) => `is damaged (${said}); restore it from a backup`, passes: 'NEVER' }
}

/**
 * Explains a failure of PostgreSQL, of the network or of pg. Returns a bug unchanged, and an error that was
 * explained already. No password is in any message: the server does not know it, and the place has none.
 *
 * @returns a RollcallError: DATABASE_UNAVAILABLE if the same call may succeed later, else DATABASE_FAILED
 */
export function explanationOf(
  failure: unknown,
  place: PostgresPlace,
  { isOpen }: { isOpen: boolean },
): unknown {
  if (failure instanceof RollcallError) return failure
  const known = explanationFor(failure)
  if (known === undefined) return failure
  const said = saidBy(failure)
  const advice = known.advice(said, place)
  const passes = known.passes === 'ALWAYS' || (known.passes === 'ONCE_OPEN' && isOpen)
  return new RollcallError(
    passes ? 'DATABASE_UNAVAILABLE' : 'DATABASE_FAILED',
    `The database ${shownPlace(place)} ${advice}.`,
    {
      cause: failure,
      publicMessage: passes
        ? `The database cannot be used at present (${known.reason}).`
        : 'The database cannot be used; the log says why.',
    },
  )
}

function explanationFor(failure: unknown): Explanation | undefined {
  const code = systemCodeOf(failure)
  if (code === undefined) {
    const message = messageOf(failure)
    return BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1]
  }
  const bySqlState = BY_SQLSTATE[code] ?? BY_SQLSTATE[code.slice(0, 3)] ?? BY_SQLSTATE[code.slice(0, 2)]
  // A code of Node.js begins with a letter and is longer, or shorter, than the five characters of a SQLSTATE.
  if (/^[0-9A-Z]{5}$/.test(code) && bySqlState !== undefined) return bySqlState
  if (CERTIFICATE.test(code)) return NO_CERTIFICATE
  return NETWORK.test(code) ? UNREACHABLE : undefined
}

/** Tells whether the failure says that the database itself is damaged, or not as Rollcall made it. */
export function isDamage(failure: unknown): failure is RollcallError {
  return failure instanceof RollcallError && DAMAGE.has(systemCodeOf(failure.cause) ?? '')
}

const DAMAGE: ReadonlySet<string> = new Set(['42P01', '42703', 'XX001', 'XX002'])

/** Returns the message of the server or the system, in one line of bounded length. */
function saidBy(failure: unknown): string {
  // An address of each family was tried, and the message of both together is empty.
  const said = failure instanceof AggregateError ? messageOf(failure.errors[0]) : messageOf(failure)
  return said.replace(/\s+/g, ' ').slice(0, 300)
}
