import { HandClock } from '../../support/hand-clock.ts'

/** What tests give their sources, and what no pause comes near. */
export const TIMEOUT_MS = 600_000
export const TOTAL_TIMEOUT_MS = 86_400_000

/** A clock on which the pauses between tries pass by themselves, and time limits only where a test lets them. */
export class RetryClock extends HandClock {
  /** The pauses so far. */
  readonly pauses: number[] = []

  override after(delayMs: number, callback: () => void): () => void {
    const cancel = super.after(delayMs, callback)
    if (delayMs < TIMEOUT_MS) {
      this.pauses.push(delayMs)
      setImmediate(() => this.advance(delayMs))
    }
    return cancel
  }
}
