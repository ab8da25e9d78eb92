import type { Clock } from '../../base/clock.ts'
import type { DeviceFilter } from '../../store/query/filters.ts'

/** Lets those who ask the same at about the same time share one answer, the very same object. */
export class SharedReads<T> {
  readonly #clock: Clock
  readonly #keptMs: number
  readonly #maxKept: number
  readonly #answers = new Map<string, Promise<T>>()
  #cancelTimer: (() => void) | undefined

  constructor(options: {
    clock: Clock
    /** How long an answer may be given again. Default: 50, as long as it takes until all who look together have looked. */
    keptMs?: number
    /** How many answers are kept, by default 8; after that the oldest goes. */
    maxKept?: number
  }) {
    this.#clock = options.clock
    this.#keptMs = options.keptMs ?? 50
    this.#maxKept = options.maxKept ?? 8
  }

  /** The answer to `question`, for which `read` is called where there is none yet. */
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

  /** From now on everything is asked anew. */
  clear(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#answers.clear()
  }
}

/** A subscriber's filter, with the text by which subscribers with equal filters find each other. */
export interface SharedFilter {
  filter: DeviceFilter | undefined
  text: string
}

export function sharedFilter(filter: DeviceFilter | null | undefined): SharedFilter {
  return { filter: filter ?? undefined, text: JSON.stringify(filter ?? null) }
}
