import { createHash, randomBytes } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { networkOf } from '../limits/network-of.ts'

/** Wrong tokens that one address may try in a minute. */
const ATTEMPTS = 20
const WINDOW_S = 60

/** How many counters there are at most, however many addresses fail: some share one then. */
const COUNTERS = 16_384

/** Counts the wrong tokens of each address over the last minute. */
export class FailedAttempts {
  readonly #limiter = new RateLimiterMemory({ points: ATTEMPTS, duration: WINDOW_S })
  // So that nobody can choose whom to share a counter with.
  readonly #salt = randomBytes(16)

  /** Resolves with how long the address had better wait before the next, in milliseconds; 0 where these were not too many. */
  async add(address: string): Promise<number> {
    const { consumedPoints, msBeforeNext } = await this.#limiter.penalty(this.#counterOf(address))
    return consumedPoints > ATTEMPTS ? msBeforeNext : 0
  }

  #counterOf(address: string): number {
    const digest = createHash('sha256').update(this.#salt).update(networkOf(address)).digest()
    return digest.readUInt16BE() % COUNTERS
  }
}
