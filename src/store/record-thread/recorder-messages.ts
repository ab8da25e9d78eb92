import type { PlainFailure } from '../../base/plain-failure.ts'
import type { HostKeyPolicy } from '../../config/schema.ts'
import type { ProbeResult } from '../results/probe-writer.ts'

// The messages between the thread that uses a store and the one that records its results. Plain data.

export interface RecorderData {
  /** The path of the database. */
  path: string
  /** Holds one number: how many rows of capability sets were deleted, or would have been. */
  deletedSets: Int32Array<SharedArrayBuffer>
}

/** Tells that the thread takes batches. */
export const READY = 'ready'

/** Results to commit together. Each is answered before the next is sent. */
export interface RecorderBatch {
  results: readonly ProbeResult[]
  hostKeys: HostKeyPolicy
}

/** Asks the thread to close its connection and to end. */
export const END = 'end'

/** The answer to a batch. */
export interface RecorderAnswer {
  /** The last `seq` of each refresh in the batch; undefined if nothing was committed. */
  lastSeqs: Map<number, number> | undefined
  /** Undefined if the batch was committed. */
  failure: PlainFailure | undefined
  /** One sentence about damage that was found in the database; null if there is none. */
  damage: string | null
}
