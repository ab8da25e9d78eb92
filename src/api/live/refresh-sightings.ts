import { RollcallError } from '../../base/errors.ts'
import { hasEnded, type RefreshProgress } from '../../refresh/progress.ts'
import type { ProbeRow } from '../../store/probe-store.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { Store } from '../../store/store.ts'
import type { FeedServices } from './feed-services.ts'
import { encodeCursor } from './result-cursor.ts'
import type { SharedFilter } from './shared-filter.ts'
import { SharedReads } from './shared-reads.ts'

/** However much a subscriber has to catch up with, it is given and held in memory in pieces of this size. */
const MAX_BATCH = 500

/**
 * How long a full piece is given to whoever comes to it, as it was read first: of what is asked at different times the
 * only thing that many can share. Its results stand; their devices and the progress are as old as that.
 */
const FULL_PIECE_MS = 2_000
const MAX_FULL_PIECES = 64

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
export class RefreshSighting {
  readonly row: RefreshRow
  /** Whether nothing more comes of the refresh in this process. */
  readonly isLast: boolean
  readonly progress: RefreshProgress
  readonly #store: Store
  readonly #batches: SharedReads<ResultBatch>
  readonly #fullPieces: SharedReads<ResultBatch>

  constructor(
    { store, refreshes, clock }: FeedServices,
    about: { row: RefreshRow; isLast: boolean; fullPieces: SharedReads<ResultBatch> },
  ) {
    this.row = about.row
    this.isLast = about.isLast
    this.progress = refreshes.progress(about.row)
    this.#store = store
    this.#batches = new SharedReads({ clock })
    this.#fullPieces = about.fullPieces
  }

  /** The next 500 at most after a sequence number, 0 being before the first. */
  async resultsAfter(seq: number, shared: SharedFilter): Promise<ResultBatch> {
    const question = `${this.row.id} ${seq} ${shared.text}`
    const known = this.#fullPieces.known(question)
    if (known) return await known
    const read = this.#batches.get(question, () => this.#read(seq, shared))
    const batch = await read
    if (batch.isFull) this.#fullPieces.keep(question, read)
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
export class RefreshSightings {
  readonly #services: FeedServices
  readonly #current: SharedReads<RefreshSighting>
  readonly #fullPieces: SharedReads<ResultBatch>
  readonly #last = new WeakMap<RefreshRow, RefreshSighting>()
  readonly #stopListening: () => void

  constructor(services: FeedServices) {
    this.#services = services
    const { clock } = services
    this.#current = new SharedReads({ clock })
    this.#fullPieces = new SharedReads({ clock, keptMs: FULL_PIECE_MS, maxKept: MAX_FULL_PIECES })
    this.#stopListening = services.refreshes.events.listen(() => this.#current.clear())
  }

  /** How the refresh stands now. Rejects with NOT_FOUND for an id that there is not. */
  of(refreshId: number): Promise<RefreshSighting> {
    return this.#current.get(String(refreshId), async () => {
      const [row] = await this.#services.store.refreshes.byIds([refreshId])
      if (!row) throw new RollcallError('NOT_FOUND', 'There is no refresh with this id.')
      return hasEnded(row.state) ? await this.last(row) : this.#sighting(row, false)
    })
  }

  /** How the refresh ended, or was interrupted. */
  async last(row: RefreshRow): Promise<RefreshSighting> {
    // The store knows of the end a moment before the run does, whose counts would be taken for the newer ones.
    const ended = await this.#services.refreshes.ended(row)
    let sighting = this.#last.get(ended)
    if (!sighting) {
      sighting = this.#sighting(ended, true)
      this.#last.set(ended, sighting)
    }
    return sighting
  }

  close(): void {
    this.#stopListening()
    this.#current.clear()
    this.#fullPieces.clear()
  }

  #sighting(row: RefreshRow, isLast: boolean): RefreshSighting {
    return new RefreshSighting(this.#services, { row, isLast, fullPieces: this.#fullPieces })
  }
}
