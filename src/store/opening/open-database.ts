import type { Kysely } from 'kysely'
import type { Closable } from '../../base/close.ts'
import type { Database } from '../tables/database.ts'
import type { DatabaseHealth } from './database-health.ts'
import type { SharedTables } from './shared-database.ts'

/** An open database of either kind, with what the kinds do differently. `close` waits for its statements. */
export interface OpenDatabase extends Closable {
  /** Names the database in messages: a path, or a URL without a password. */
  readonly name: string
  readonly db: Kysely<Database>
  readonly health: DatabaseHealth
  /** @see Store.version */
  version(): string
  /** @see Store.lock */
  lock(): Promise<Closable>
  /** Null if one process at a time uses the database. */
  readonly shared: SharedTables | null
  /**
   * Runs `write`, which commits through another connection of this process, while `db` writes nothing. Null
   * if their writes need not wait for each other.
   */
  readonly letAnotherWrite: LetAnotherWrite | null
  /** Runs `work` so that its statements do not wait for another process that writes. */
  withoutWaiting<T>(work: (db: Kysely<Database>) => Promise<T>): Promise<T>
}

export type LetAnotherWrite = <T>(write: () => Promise<T>) => Promise<T>

/** A database of any version up to this one, open for reading only, as it is: nothing is migrated. */
export interface InspectedDatabase extends Closable {
  readonly name: string
  readonly db: Kysely<Database>
  /** The names of its tables, with those of the migrations. */
  readonly tables: readonly string[]
  /** The migrations that it lacks, in their order. */
  readonly due: readonly string[]
}
