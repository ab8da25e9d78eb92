import type { Clock } from '../../base/clock.ts'
import type { Refreshes } from '../../refresh/refreshes.ts'
import type { DeviceFilter } from '../../store/query/filters.ts'
import type { Store } from '../../store/store.ts'
import { type ClientFilter, storeFilter } from '../limits/client-filter.ts'

/** Gives callers that ask the same at about the same time the same answer, as one object. */
export class SharedReads<T> {
  readonly #clock: Clock
  readonly #keptMs: number
  readonly #maxKept: number
  readonly #answers = new Map<string, Promise<T>>()
  #cancelTimer: (() => void) | undefined

  constructor(options: {
    clock: Clock
    /** How long an answer is reused. Default: 50, which is enough for all who wake up together. */
    keptMs?: number
    /** The most answers that are kept; the oldest is dropped first. Default: 8. */
    maxKept?: number
  }) {
    this.#clock = options.clock
    this.#keptMs = options.keptMs ?? 50
    this.#maxKept = options.maxKept ?? 8
  }

  /** Returns the answer to `question`, and calls `read` if there is none yet. */
  get(question: string, read: () => Promise<T>): Promise<T> {
    const known = this.known(question)
    if (known) return known
    const answer = read()
    this.keep(question, answer)
    return answer
  }

  known(question: string): Promise<T> | undefined {
    return this.#answers.get(question)
  }

  keep(question: string, answer: Promise<T>): void {
    this.#answers.set(question, answer)
    if (this.#answers.size > this.#maxKept) {
      for (const oldest of this.#answers.keys()) {
        this.#answers.delete(oldest)
        break
      }
    }
    this.#cancelTimer ??= this.#clock.after(this.#keptMs, () => this.clear())
  }

  /** Drops all answers. */
  clear(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#answers.clear()
  }
}

/** A subscriber's filter, with a text that is equal for equal filters. */
export interface SharedFilter {
  /** Returns the filter with what it means at present. */
  now: () => DeviceFilter | undefined
  text: string
}

export function sharedFilter(
  filter: ClientFilter | null | undefined,
  refreshes: Pick<Refreshes, 'holdConditions'>,
): SharedFilter {
  return {
    now: () => (filter ? storeFilter(filter, () => refreshes.holdConditions()) : undefined),
    text: JSON.stringify(filter ?? null),
  }
}

/** The services that feed subscriptions. */
export interface FeedServices {
  store: Store
  refreshes: Refreshes
  clock: Clock
}
