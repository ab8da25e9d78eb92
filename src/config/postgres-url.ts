import { isLoopbackHost } from './values.ts'

/**
 * The encryption of a connection, named as in libpq. `verify-full` also checks the identity of the server.
 */
const SSL_MODES = ['disable', 'require', 'verify-full'] as const
type SslMode = (typeof SSL_MODES)[number]

/** The parts of the URL of a PostgreSQL database, which holds no password. */
export interface PostgresPlace {
  /** A name, an address, or the folder of a Unix socket. */
  host: string
  port: number
  user: string
  database: string
  sslMode: SslMode
}

const DEFAULT_PORT = 5_432

/** Tells whether the database is one of PostgreSQL, and not a file of SQLite. */
export function isPostgresUrl(database: string): boolean {
  return /^postgres(?:ql)?:/i.test(database)
}

/**
 * Parses the URL of a PostgreSQL database. A problem is the predicate of a sentence about the URL; it quotes
 * nothing, because the URL may hold a password.
 */
export function parsePostgresUrl(text: string): PostgresPlace | { problem: string } {
  const url = URL.canParse(text) ? new URL(text) : null
  const host = decoded(url?.hostname.replace(/^\[|\]$/g, ''))
  const user = decoded(url?.username)
  const database = decoded(url?.pathname.slice(1))
  if (url === null || !isPostgresUrl(text) || !host || !user || !database || database.includes('/')) {
    return { problem: 'is no URL of a database; write postgres://USER@HOST/DATABASE' }
  }
  if (url.password !== '') {
    return {
      problem:
        'holds a password, which others could read there; ' +
        'name it with "postgres.passwordEnv" or "postgres.passwordFile" instead',
    }
  }
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'sslmode')
  if (unknown !== undefined || url.hash !== '') {
    return { problem: 'has a parameter that is not known; the only one is sslmode' }
  }
  const given = url.searchParams.get('sslmode')
  const sslMode = given === null ? defaultSslMode(host) : SSL_MODES.find((mode) => mode === given)
  if (sslMode === undefined) return { problem: `has an sslmode that is none of ${SSL_MODES.join(', ')}` }
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port), user, database, sslMode }
}

/** Names the database in messages. */
export function shownPlace({ host, port, user, database }: PostgresPlace): string {
  const shownHost = host.includes(':') ? `[${host}]` : host.replaceAll('/', '%2F')
  return `postgres://${user}@${shownHost}:${port}/${database}`
}

/** On the same machine nobody can read the traffic. */
function defaultSslMode(host: string): SslMode {
  return host.startsWith('/') || isLoopbackHost(host) ? 'disable' : 'verify-full'
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
