import { RollcallError } from '../../base/errors.ts'
import { hasEnded, type RefreshProgress } from '../../refresh/progress.ts'
import type { ProbeRow } from '../../store/probe-store.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { Store } from '../../store/store.ts'
import type { FeedServices } from './feed-services.ts'
import { type SharedFilter, SharedReads } from './shared-reads.ts'

/** However much a subscriber has to catch up with, it is given and held in memory in pieces of this size. */
const MAX_BATCH = 500

/**
 * How long a full piece is given to whoever comes to it, as it was read first: of what is asked at different times the
 * only thing that many can share. Its results stand; their devices and the progress are as old as that.
 */
const FULL_BATCH_MS = 2_000
const MAX_FULL_BATCHES = 64

/** Results of a refresh in the order of their sequence numbers. */
export interface ResultBatch {
  probes: ProbeRow[]
  /** What has been read up to: a sequence number. */
  lastSeq: number
  cursor: string
  progress: RefreshProgress
  /** Whether there may be more by now. */
  isFull: boolean
}

/** A refresh as it stood at one moment, with its results up to then, the same object for all who looked then. */
export class RefreshFeedSnapshot {
  readonly row: RefreshRow
  /** Whether nothing more comes of the refresh in this process. */
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

  /** The next 500 at most after a sequence number, 0 being before the first. */
  async resultsAfter(seq: number, shared: SharedFilter): Promise<ResultBatch> {
    const question = `${this.row.id} ${seq} ${shared.text}`
    const known = this.#fullBatches.known(question)
    if (known) return await known
    const read = this.#batches.get(question, () => this.#read(seq, shared))
    const batch = await read
    if (batch.isFull) this.#fullBatches.keep(question, read)
    return batch
  }

  async #read(seq: number, { filter }: SharedFilter): Promise<ResultBatch> {
    const { row, progress } = this
    const read = await this.#store.probes.ofRefreshAfter(row.id, seq, MAX_BATCH, filter)
    const end = read.at(-1)?.seq ?? seq
    const isFull = read.length === MAX_BATCH
    // Whoever is behind, wherever that began, is given the same pieces from here on.
    const lastSeq = isFull ? end - (end % MAX_BATCH) : Math.max(end, this.#committed())
    const probes = isFull ? read.filter((probe) => (probe.seq ?? 0) <= lastSeq) : read
    return { probes, lastSeq, cursor: encodeCursor(row.id, lastSeq), progress, isFull }
  }

  /** The sequence number up to which a read, if not cut off, has gone through the results, also those that the filter left out. */
  #committed(): number {
    // The row of a refresh that has failed need not be the stored one.
    if (this.isLast) return 0
    return Object.values(this.row.outcomeCounts).reduce((sum, count) => sum + count, 0)
  }
}

/** Looks at refreshes for all subscribers together. */
export class RefreshFeed {
  readonly #services: FeedServices
  readonly #current: SharedReads<RefreshFeedSnapshot>
  readonly #fullBatches: SharedReads<ResultBatch>
  readonly #last = new WeakMap<RefreshRow, RefreshFeedSnapshot>()
  readonly #stopListening: () => void

  constructor(services: FeedServices) {
    this.#services = services
    const { clock } = services
    this.#current = new SharedReads({ clock })
    this.#fullBatches = new SharedReads({ clock, keptMs: FULL_BATCH_MS, maxKept: MAX_FULL_BATCHES })
    this.#stopListening = services.refreshes.events.listen(() => this.#current.clear())
  }

  /** How the refresh stands now. Rejects with NOT_FOUND for an id that there is not. */
  of(refreshId: number): Promise<RefreshFeedSnapshot> {
    return this.#current.get(String(refreshId), async () => {
      const [row] = await this.#services.store.refreshes.byIds([refreshId])
      if (!row) throw new RollcallError('NOT_FOUND', 'There is no refresh with this id.')
      return hasEnded(row.state) ? await this.last(row) : this.#snapshot(row, false)
    })
  }

  /** How the refresh ended, or was interrupted. */
  async last(row: RefreshRow): Promise<RefreshFeedSnapshot> {
    // The store knows of the end a moment before the run does, whose counts would be taken for the newer ones.
    const ended = await this.#services.refreshes.ended(row)
    let snapshot = this.#last.get(ended)
    if (!snapshot) {
      snapshot = this.#snapshot(ended, true)
      this.#last.set(ended, snapshot)
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

/** The place after a refresh's result with this sequence number, for a client to keep; 0 is before the first. */
function encodeCursor(refreshId: number, seq: number): string {
  return Buffer.from(`results:${refreshId}:${seq}`).toString('base64url')
}

/** @throws RollcallError BAD_USER_INPUT for a text that is no cursor of this refresh. */
export function decodeCursor(refreshId: number, cursor: string): number {
  const [kind, id, seq] = Buffer.from(cursor, 'base64url').toString().split(':')
  if (kind === 'results' && Number(id) === refreshId && seq !== undefined && /^\d{1,15}$/.test(seq))
    return Number(seq)
  throw new RollcallError(
    'BAD_USER_INPUT',
    `"${cursor.slice(0, 100)}" is not a cursor of this refresh; use the \`cursor\` of one of its events.`,
  )
}
