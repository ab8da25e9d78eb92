import { setTimeout as sleep } from 'node:timers/promises'
import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import { KeptConnection } from './kept-connection.ts'
import type { PgClient } from './pg-connections.ts'

/** The server may need a moment to notice that the last holder has ended. */
const TRIES = 20
const PAUSE_MS = 100

export interface PostgresLockOptions {
  connect: () => Promise<PgClient>
  /** Names the database in messages. */
  name: string
  explain: (failure: unknown) => unknown
}

/**
 * Locks the database for one process that probes. It is an advisory lock of a session, so the server releases
 * it however the process ends. If the session is lost, the lock is taken again as soon as possible.
 */
export class PostgresLock implements Closable {
  readonly #connection: KeptConnection
  readonly #name: string

  private constructor(connection: KeptConnection, name: string) {
    this.#connection = connection
    this.#name = name
  }

  /** @throws RollcallError DATABASE_IN_USE if another process holds it */
  static async acquire({ connect, name, explain }: PostgresLockOptions): Promise<PostgresLock> {
    try {
      const connection = await KeptConnection.open({ connect, prepare: (client) => lock(client, name) })
      return new PostgresLock(connection, name)
    } catch (failure) {
      throw explain(failure)
    }
  }

  /** Returns null while this process holds the lock, as far as it knows. */
  problem(): RollcallError | null {
    if (this.#connection.isUp) return null
    return new RollcallError(
      'DATABASE_UNAVAILABLE',
      `The connection that locks the database ${this.#name} is lost, ` +
        'so nothing is written until the lock is held again.',
      { publicMessage: 'The database cannot be written at present (its lock is lost).' },
    )
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

/** Takes the lock, and tells whether this session holds it now. */
export async function tryLock(client: PgClient): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'select pg_try_advisory_lock(hashtextextended(current_schema(), 7264)) as held',
  )
  return rows[0]?.held ?? false
}

export async function unlock(client: PgClient): Promise<void> {
  await client.query('select pg_advisory_unlock(hashtextextended(current_schema(), 7264))')
}

/**
 * Ends the session that holds the lock if it is of the same kind as this one and was not used for 30 s.
 * Returns whether there was one.
 */
export async function endIdleHolder(client: PgClient): Promise<boolean> {
  const { rows } = await client.query(`
    select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and objsubid = 1 and granted and datname = current_database()
      and pg_locks.database = datid
      and (classid::bigint << 32) | objid::bigint = hashtextextended(current_schema(), 7264)
      and application_name = current_setting('application_name')
      and state_change < clock_timestamp() - interval '30 s'`)
  return rows.length > 0
}

async function lock(client: PgClient, name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    if (await tryLock(client)) return
    if (tries === TRIES) break
    await sleep(PAUSE_MS)
  }
  throw new RollcallError(
    'DATABASE_IN_USE',
    `The database ${name} is in use by another process, a gateway or \`rollcall refresh\`; ` +
      'end that one, or set `database` to another one.',
  )
}
