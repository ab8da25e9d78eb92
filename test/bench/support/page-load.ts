/** What the process that asks for pages is told. Plain data: it goes there as a message. */
export interface PageLoad {
  /** Where GraphQL is. */
  url: string
  query: string
  /** The variable `after` of the requests, one after the other and then from the beginning. */
  cursors: readonly string[]
  /** Each with a connection of its own. */
  clients: number
  /**
   * How many queries a second each client sends, on average, answered or not; null: each sends the next one once it has its
   * answer.
   */
  pace: number | null
  durationMs: number
}

/** The message after which no further page is asked for. */
export const STOP = 'stop'

/** What came of it. */
export interface PageLoadResult {
  /** Milliseconds, to the last byte; at a pace counted from when the query was due, where the one before it was late. */
  latencies: Float64Array
  bytes: number
  wallMs: number
  /** Of the process that asks. */
  cpuMs: number
}
