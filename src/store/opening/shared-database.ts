import type { Kysely } from 'kysely'
import type { Closable } from '../../base/close.ts'
import type { Database } from '../tables/database.ts'

/** Something was written: a change of the data, a command to the engine, or the answer to one. */
export type Notice = 'CHANGE' | 'COMMAND' | 'ANSWER'

/** The time in which this process is the engine. */
export interface EngineTerm<Data> {
  /** Counts the terms of all engines. */
  readonly number: number
  /** The database. It refuses what is written after the term. */
  readonly data: Data
  /** Whether this process has waited for another engine, whose work it continues. */
  readonly isTakeover: boolean
  /** Aborts when the election is closed: the engine is to end its work in order. */
  readonly ending: AbortSignal
  /** Aborts when the connection is lost that holds the office: the engine is to stop at once. */
  readonly lost: AbortSignal
}

export interface ElectionOptions<Data> {
  /** The name of this process. */
  name: string
  /**
   * Works as the engine. It resolves after `ending` or `lost` has aborted, once nothing of it runs any more.
   * It is called again if this process is elected again.
   */
  lead: (term: EngineTerm<Data>) => Promise<void>
  /** Called when another process is found to be the engine. */
  onWaiting: () => void
}

/** What the processes need that use one database at the same time. */
export interface SharedDatabase<Data> {
  /**
   * Takes part in the election of the engine until the result is closed. At most one process leads at a time:
   * the one that holds an advisory lock. Rejects with a RollcallError if the database cannot be reached.
   */
  elect(options: ElectionOptions<Data>): Promise<Closable>
  /**
   * Calls back when a notice arrives, and with all of them when some may have been lost. Returns the function
   * that ends that.
   */
  listen(callback: (notice: Notice) => void): () => void
}

export type SharedTables = SharedDatabase<Kysely<Database>>
