import { GraphQLError } from 'graphql'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { RateStore } from '../../store/rate-store.ts'

/** The `extensions` of a mutation that starts work. */
export const rateLimited = { rateLimited: true }

export function isRateLimited(field: { extensions: object } | undefined): boolean {
  return field !== undefined && 'rateLimited' in field.extensions
}

const WINDOW_MS = 60_000

/** Limits the mutations that start work, per caller and minute. The minute begins with the first of them. */
export class MutationRate {
  readonly #perMinute: number
  readonly #counter: RateLimiterMemory
  readonly #shared: Pick<RateStore, 'add'> | null

  /** @param shared counts for all processes of a database; null if there is only one */
  constructor(perMinute: number, shared: Pick<RateStore, 'add'> | null) {
    this.#perMinute = perMinute
    this.#counter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_MS / 1_000 })
    this.#shared = shared
  }

  /** Counts the mutations of one operation. Rejects with a GraphQLError RATE_LIMITED if they are too many. */
  async take(caller: string, mutations: number): Promise<void> {
    const { points, leftMs } = await this.#count(caller, mutations)
    if (points > this.#perMinute) throw this.#error(leftMs)
  }

  async #count(caller: string, mutations: number): Promise<{ points: number; leftMs: number }> {
    // Without the database, this process counts alone; the mutation will hardly succeed.
    const counted = await this.#shared?.add(`mutations ${caller}`, mutations, WINDOW_MS).catch(() => null)
    if (counted) return counted
    const { consumedPoints, msBeforeNext } = await this.#counter.penalty(caller, mutations)
    return { points: consumedPoints, leftMs: msBeforeNext }
  }

  #error(retryAfterMs: number): GraphQLError {
    const seconds = Math.ceil(retryAfterMs / 1000)
    return new GraphQLError(
      `You have sent more than ${this.#perMinute} such mutations within a minute; try again in ${seconds} s.`,
      {
        extensions: {
          code: 'RATE_LIMITED',
          retryAfterMs,
          http: { status: 429, headers: { 'retry-after': String(seconds) } },
        },
      },
    )
  }
}
