import type { ExecutionArgs } from 'graphql'
import type { HoldSettings, RefreshSnapshot } from '../../refresh/refresh-snapshot.ts'
import type { Viewer } from '../auth/authenticated-session.ts'
import type { PlainError } from './plain-errors.ts'

// The messages between the API's thread and a reader thread. Plain data.

/** The settings of a reader thread for its whole life. */
export interface ReaderSettings {
  /** The path of the database. */
  path: string
  holds: HoldSettings
  gateway: { version: string; startedAt: number; requiredCapabilities: readonly string[]; everyMs: number }
}

export interface ReaderData extends ReaderSettings {
  /** Holds one number: the id of the last query that was given up. */
  givenUp: Int32Array<SharedArrayBuffer>
}

/** A query that was validated and admitted. */
export interface ReaderQuery {
  /** Counts the thread's queries, from 1. */
  id: number
  text: string
  operationName: ExecutionArgs['operationName']
  variables: ExecutionArgs['variableValues']
  options: ExecutionArgs['options']
  viewer: Viewer
  /** The state of refreshes, which only the API's thread has. */
  refreshes: RefreshSnapshot
  /** Epoch milliseconds; null if there is no schedule. */
  nextScheduledRefreshAt: number | null
}

export interface ReaderAnswer {
  id: number
  /** `{"data":…}` of the result; undefined if the result has none. Its memory is handed over to the API's thread. */
  json: Uint8Array<ArrayBuffer> | undefined
  errors: readonly PlainError[]
  /** One sentence about damage that was found in the database; null if there is none. */
  damage: string | null
}
