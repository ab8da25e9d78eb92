import type { Clock } from '../../src/base/clock.ts'

/** A clock that stands still until a test moves it. */
export class HandClock implements Clock {
  readonly #timers = new Set<{ at: number; callback: () => void }>()
  #now: number
  /** How far it was set back, in all. */
  #setBackMs = 0

  constructor(now = 1_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now + this.#setBackMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** Lets time pass; what falls due on the way is called back at its own time. */
  advance(durationMs: number): void {
    const end = this.#now + durationMs
    for (let timer = this.#due(end); timer; timer = this.#due(end)) {
      this.#now = Math.max(this.#now, timer.at)
      this.#timers.delete(timer)
      timer.callback()
    }
    this.#now = end
  }

  /** Lets time pass as on a machine that sleeps: what falls due is called back once it wakes up. */
  oversleep(durationMs: number): void {
    this.#now += durationMs
    this.advance(0)
  }

  /** Somebody sets it back; what is due after some time is due after that time all the same. */
  setBack(durationMs: number): void {
    this.#now -= durationMs
    this.#setBackMs += durationMs
    for (const timer of this.#timers) timer.at -= durationMs
  }

  #due(end: number) {
    const due = [...this.#timers].filter((timer) => timer.at <= end)
    return due.sort((one, other) => one.at - other.at)[0]
  }
}
