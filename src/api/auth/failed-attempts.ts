import { createHash, randomBytes } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { networkOf } from '../limits/network-of.ts'

/** Wrong tokens that one address may send in a minute. */
const ATTEMPTS = 20
const WINDOW_S = 60

/** The number of counters, which bounds the memory. Addresses may share one. */
const COUNTERS = 16_384

/** Counts the wrong tokens of each address over the last minute. */
export class FailedAttempts {
  readonly #limiter = new RateLimiterMemory({ points: ATTEMPTS, duration: WINDOW_S })
  // Without it, an attacker could choose an address that shares a counter with a victim.
  readonly #salt = randomBytes(16)

  /**
   * Counts one. Resolves with the milliseconds until the address may try again; 0 if it is within the limit.
   */
  async add(address: string): Promise<number> {
    const { consumedPoints, msBeforeNext } = await this.#limiter.penalty(this.#counterOf(address))
    return consumedPoints > ATTEMPTS ? msBeforeNext : 0
  }

  #counterOf(address: string): number {
    const digest = createHash('sha256').update(this.#salt).update(networkOf(address)).digest()
    return digest.readUInt16BE() % COUNTERS
  }
}
