import { RollcallError } from '../../base/errors.ts'
import { doneOf, hasEnded, type RefreshProgress } from '../../refresh/progress.ts'
import type { ProbeRow } from '../../store/probe-store.ts'
import { encodeResultCursor } from '../../store/query/cursors.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { Store } from '../../store/store.ts'
import { type FeedServices, type SharedFilter, SharedReads } from './shared-reads.ts'

/** The most results that a subscriber receives, and holds in memory, at once. */
const MAX_BATCH = 500

/**
 * How long a full batch is reused. Subscribers that start at different times can share nothing else. The
 * results in it are final; their devices and the progress may be this old.
 */
const FULL_BATCH_MS = 2_000
const MAX_FULL_BATCHES = 64

/** A batch of results, by sequence number. */
export interface ResultBatch {
  probes: ProbeRow[]
  /** The last sequence number that was read. */
  lastSeq: number
  cursor: string
  progress: RefreshProgress
  /** Whether there may be more results already. */
  isFull: boolean
}

/** A refresh and its results at one time: one object for all who look at that time. */
export class RefreshFeedSnapshot {
  readonly row: RefreshRow
  /** Whether this process does nothing more for the refresh. */
  readonly isLast: boolean
  readonly progress: RefreshProgress
  readonly #store: Store
  readonly #batches: SharedReads<ResultBatch>
  readonly #fullBatches: SharedReads<ResultBatch>

  constructor(
    { store, refreshes, clock }: FeedServices,
    about: { row: RefreshRow; isLast: boolean; fullBatches: SharedReads<ResultBatch> },
  ) {
    this.row = about.row
    this.isLast = about.isLast
    this.progress = refreshes.progress(about.row)
    this.#store = store
    this.#batches = new SharedReads({ clock })
    this.#fullBatches = about.fullBatches
  }

  /** Returns the next results, at most 500, after a sequence number; 0 starts at the first. */
  async resultsAfter(seq: number, shared: SharedFilter): Promise<ResultBatch> {
    const question = `${this.row.id} ${seq} ${shared.text}`
    const known = this.#fullBatches.known(question)
    if (known) return await known
    const read = this.#batches.get(question, () => this.#read(seq, shared))
    const batch = await read
    if (batch.isFull) this.#fullBatches.keep(question, read)
    return batch
  }

  async #read(seq: number, { now }: SharedFilter): Promise<ResultBatch> {
    const { row, progress } = this
    const read = await this.#store.probes.ofRefreshAfter(row.id, seq, MAX_BATCH, now())
    const end = read.at(-1)?.seq ?? seq
    const isFull = read.length === MAX_BATCH
    // All who are behind, wherever they began, read the same batches from here on.
    const lastSeq = isFull ? end - (end % MAX_BATCH) : Math.max(end, this.#committed())
    const probes = isFull ? read.filter((probe) => (probe.seq ?? 0) <= lastSeq) : read
    return { probes, lastSeq, cursor: encodeResultCursor(row.id, lastSeq), progress, isFull }
  }

  /**
   * Returns the sequence number that an unlimited read covers, including the results that the filter leaves
   * out.
   */
  #committed(): number {
    // The row of a failed refresh may differ from the stored one.
    if (this.isLast) return 0
    return doneOf(this.row)
  }
}

/** Reads refreshes once for all subscribers. */
export class RefreshFeed {
  readonly #services: FeedServices
  readonly #current: SharedReads<RefreshFeedSnapshot>
  readonly #fullBatches: SharedReads<ResultBatch>
  readonly #final = new WeakMap<RefreshRow, RefreshFeedSnapshot>()
  readonly #stopListening: () => void

  constructor(services: FeedServices) {
    this.#services = services
    const { clock } = services
    this.#current = new SharedReads({ clock })
    this.#fullBatches = new SharedReads({ clock, keptMs: FULL_BATCH_MS, maxKept: MAX_FULL_BATCHES })
    this.#stopListening = services.refreshes.events.listen(() => this.#current.clear())
  }

  /** Returns the refresh as it is now. Rejects with NOT_FOUND if there is none with this id. */
  current(refreshId: number): Promise<RefreshFeedSnapshot> {
    return this.#current.get(String(refreshId), async () => {
      const [row] = await this.#services.store.refreshes.byIds([refreshId])
      if (!row) throw new RollcallError('NOT_FOUND', 'There is no refresh with this id.')
      return hasEnded(row.state) ? await this.final(row) : this.#snapshot(row, false)
    })
  }

  /** Returns the refresh as it ended or was interrupted. */
  async final(row: RefreshRow): Promise<RefreshFeedSnapshot> {
    // The store knows the end before the run does, and the run's counts would look newer.
    const ended = await this.#services.refreshes.ended(row)
    let snapshot = this.#final.get(ended)
    if (!snapshot) {
      snapshot = this.#snapshot(ended, true)
      this.#final.set(ended, snapshot)
    }
    return snapshot
  }

  close(): void {
    this.#stopListening()
    this.#current.clear()
    this.#fullBatches.clear()
  }

  #snapshot(row: RefreshRow, isLast: boolean): RefreshFeedSnapshot {
    return new RefreshFeedSnapshot(this.#services, { row, isLast, fullBatches: this.#fullBatches })
  }
}
