/** What the process with the subscribers gets first. */
export interface SubscribersJob {
  /** Where GraphQL is. */
  url: string
  /** Global id of the refresh that they follow. */
  refreshId: string
  subscribers: number
}

/** What it answers when it is told that the refresh has ended, once every stream has too. */
export interface SubscribersReport {
  subscribers: SubscriberReport[]
  /** Four numbers for each event: which subscriber, when it came (epoch milliseconds), and the seqs of its results, first and last. */
  deliveries: Float64Array
  bytes: number
}

export interface SubscriberReport {
  /** Epoch milliseconds at which the answer began; null where there was none, or it was refused. */
  openedAt: number | null
  /** Different results. */
  received: number
  /** Results that had come before. */
  repeated: number
  /** Events that did not begin where the one before had ended. */
  gaps: number
  /** Whether the stream came to its end. */
  ended: boolean
}
