import type { Socket } from 'node:net'
import pg from 'pg'
import type { PostgresPlace } from '../../config/postgres-url.ts'

// The only file that names pg.

/** A PostgreSQL database, and what logging in needs. */
export interface PostgresAccess {
  place: PostgresPlace
  /** Undefined: PGPASSWORD or ~/.pgpass has it, or the server asks for none. */
  password?: string | undefined
  /** The certificates in PEM of the trusted authorities; null: those that Node.js trusts. */
  ca?: string | null | undefined
}

/** A connection for one purpose; the caller ends it. */
export type PgClient = pg.Client
export type PgPoolClient = pg.PoolClient
export type PgPool = pg.Pool

/** The name of the program in `pg_stat_activity`. */
const PROGRAM = 'rollcall'

const CONNECT_TIMEOUT_MS = 5_000
/** How long a statement waits for a lock that another process holds. */
const LOCK_TIMEOUT_MS = 10_000
/** The time is longer than the pause between two requests of a person. */
const IDLE_TIMEOUT_MS = 60_000

/** The types int8 and numeric, which pg gives as texts: all of ours are safe integers. */
const NUMBERS: ReadonlySet<number> = new Set([20, 1_700])

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (NUMBERS.has(oid) ? Number : pg.types.getTypeParser(oid, format)),
}

/** A client with a time limit for connecting. The pool itself lets callers wait without a limit. */
class LimitedClient extends pg.Client {
  constructor(options: pg.ClientConfig = {}) {
    // A pool makes the password a property that a spread omits.
    super({ ...options, password: options.password, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  }
}

/**
 * Creates a pool of at most `max` connections. None is opened until one is needed.
 *
 * @param options.answerWithinMs a statement that has no answer after this time rejects, as if its connection
 * were lost; default: it waits until the system gives the connection up
 */
export function createPool(
  access: PostgresAccess,
  {
    max,
    readonly = false,
    answerWithinMs,
  }: { max: number; readonly?: boolean; answerWithinMs?: number | undefined },
): PgPool {
  const pool = new pg.Pool({
    ...clientOptions(access),
    ...(answerWithinMs !== undefined && { query_timeout: answerWithinMs }),
    max,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    Client: LimitedClient,
    onConnect: async (client) => {
      await client.query(settings(readonly))
    },
  })
  const clients = new Set<PgPoolClient>()
  pool.on('connect', (client) => clients.add(client))
  pool.on('remove', (client) => clients.delete(client))
  clientsOf.set(pool, clients)
  // An idle connection was lost. The next statement opens another, and reports if that fails.
  pool.on('error', () => undefined)
  return pool
}

/** The open connections of each pool. */
const clientsOf = new WeakMap<PgPool, ReadonlySet<PgPoolClient>>()

/** Treats all connections of a pool as lost. Statements that run reject; the next one opens a connection. */
export function giveUpConnections(pool: PgPool): void {
  for (const client of clientsOf.get(pool) ?? []) {
    // The types leave it out. `end` would wait for the server.
    const { connection } = client as PgPoolClient & { connection: { stream: Socket } }
    connection.stream.destroy()
  }
}

/** Opens one connection. @param purpose is shown in `pg_stat_activity`, after the name of the program */
export async function connectClient(access: PostgresAccess, purpose: string): Promise<PgClient> {
  const client = new LimitedClient({
    ...clientOptions(access),
    application_name: `${PROGRAM} (${purpose})`,
  })
  // `connect` and each query reject as well.
  client.on('error', () => undefined)
  await client.connect()
  await client.query(settings(false))
  return client
}

function clientOptions({ place, password, ca }: PostgresAccess): pg.ClientConfig {
  const { host, port, user, database, sslMode } = place
  return {
    host,
    port,
    user,
    database,
    ...(password !== undefined && { password }),
    ssl: sslMode !== 'disable' && { rejectUnauthorized: sslMode === 'verify-full', ...(ca && { ca }) },
    application_name: PROGRAM,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  }
}

function settings(readonly: boolean): string {
  return [
    `set lock_timeout = ${LOCK_TIMEOUT_MS}`,
    // Compiling a statement takes longer than running one of ours.
    'set jit = off',
    // Starting parallel workers takes some 10 ms, in which one process reads as many pages.
    'set parallel_setup_cost = 5000',
    // How frequent a value is decides how to find it, also in a statement that is prepared.
    'set plan_cache_mode = force_custom_plan',
    // A list of all sites, or the order of a million devices, has room in memory.
    "set work_mem = '32MB'",
    // The server notices within half a minute that this machine is gone, and releases what it locked.
    'set tcp_keepalives_idle = 10',
    'set tcp_keepalives_interval = 5',
    'set tcp_keepalives_count = 3',
    ...(readonly ? ['set default_transaction_read_only = on'] : []),
  ].join('; ')
}
