import type { ExecutionArgs } from 'graphql'
import type { HoldSettings, RefreshSnapshot } from '../../refresh/refresh-snapshot.ts'
import type { Viewer } from '../auth/authenticated-session.ts'
import type { PlainError } from './plain-errors.ts'

// The messages between the API's thread and a reader thread. Plain data.

/** The settings of a reader thread, for as long as it lives. */
export interface ReaderSettings {
  /** Of the database. */
  path: string
  holds: HoldSettings
  gateway: { version: string; startedAt: number; requiredCapabilities: readonly string[]; everyMs: number }
}

export interface ReaderData extends ReaderSettings {
  /** Has one number: the id of the last query that nobody waits for any more. */
  givenUp: Int32Array<SharedArrayBuffer>
}

/** A query that is valid and admitted. */
export interface ReaderQuery {
  /** Counts the thread's queries, from 1. */
  id: number
  text: string
  operationName: ExecutionArgs['operationName']
  variables: ExecutionArgs['variableValues']
  options: ExecutionArgs['options']
  viewer: Viewer
  /** State that only the API's thread has. */
  refreshes: RefreshSnapshot
  /** Epoch milliseconds; null if there is no schedule. */
  nextScheduledRefreshAt: number | null
}

export interface ReaderAnswer {
  id: number
  /** The `data` of the result as JSON; undefined if the result has none. */
  data: string | undefined
  errors: readonly PlainError[]
  /** What is wrong with the database, in a sentence, if it was found to be damaged; else null. */
  damage: string | null
}
