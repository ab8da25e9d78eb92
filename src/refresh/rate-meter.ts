/** How far back a rate looks: long enough to be steady, short enough to tell that nothing comes any more. */
const WINDOW_MS = 5_000

/** How many things per second happened lately. Times are epoch milliseconds; where they go back, it begins anew. */
export class RateMeter {
  #startedAt: number
  #counts: { at: number; count: number }[] = []

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  add(count: number, at: number): void {
    this.#advance(at)
    this.#forgetBefore(at - WINDOW_MS)
    this.#counts.push({ at, count })
  }

  perSecond(now: number): number {
    this.#advance(now)
    this.#forgetBefore(now - WINDOW_MS)
    const windowMs = Math.min(WINDOW_MS, now - this.#startedAt)
    const count = this.#counts.reduce((sum, each) => sum + each.count, 0)
    return windowMs > 0 ? (count / windowMs) * 1000 : 0
  }

  /** Milliseconds since the last of them; 0 where none is known. */
  quietMs(now: number): number {
    this.#advance(now)
    return now - (this.#counts.at(-1)?.at ?? now)
  }

  #advance(now: number): void {
    if (now >= (this.#counts.at(-1)?.at ?? this.#startedAt)) return
    this.#counts = []
    this.#startedAt = now
  }

  #forgetBefore(at: number): void {
    const kept = this.#counts.findIndex((each) => each.at >= at)
    this.#counts = kept === -1 ? [] : this.#counts.slice(kept)
  }
}
