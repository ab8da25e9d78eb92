/** One request of a flood. */
export interface FloodRequest {
  method: 'GET' | 'POST'
  /** With the query. */
  path: string
  /** JSON. */
  body?: string
  /** Default: application/json. */
  accept?: string
}

/** What the process that floods a gateway is told. Plain data: it goes there as a message. */
export interface FloodJob {
  /** Of the gateway, without a path. */
  origin: string
  token: string
  /** Sent all at once, each over a connection of its own. */
  requests: readonly FloodRequest[]
  /** Operations that are begun all at once over one WebSocket. */
  overWebSocket: readonly object[]
  /** What has no answer by then is given up. */
  limitMs: number
}

/** What came of a flood; each request is counted once. */
export interface FloodResult {
  /** Answers without errors. */
  answers: number
  /** RATE_LIMITED, or status 429. */
  rateLimited: number
  /** Those of them that say when to try again. */
  withRetryAfter: number
  /** By their code, or by what failed. */
  otherErrors: Record<string, number>
  unanswered: number
  /** Until the last answer, or the limit. */
  wallMs: number
  bytes: number
}
