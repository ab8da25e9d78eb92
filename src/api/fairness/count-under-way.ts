import type { Bound } from './rate-limited.ts'

/** Limits how many things are under way at once, for each caller and in total. */
export class CountUnderWay {
  readonly #max: Readonly<Record<Bound, number>>
  readonly #callers = new Map<string, number>()
  #all = 0

  constructor(max: Readonly<Record<Bound, number>>) {
    this.#max = max
  }

  /** Counts one more until the returned function is called. If a limit is reached, returns which one. */
  add(caller: string): (() => void) | Bound {
    const own = this.#callers.get(caller) ?? 0
    if (own >= this.#max.caller) return 'caller'
    if (this.#all >= this.#max.all) return 'all'
    this.#change(caller, 1)
    return () => this.#change(caller, -1)
  }

  #change(caller: string, change: 1 | -1): void {
    this.#all += change
    const own = (this.#callers.get(caller) ?? 0) + change
    if (own > 0) this.#callers.set(caller, own)
    else this.#callers.delete(caller)
  }
}
