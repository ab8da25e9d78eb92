import { GraphQLError } from 'graphql'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** The `extensions` of a mutation that starts work. */
export const rateLimited = { rateLimited: true }

export function isRateLimited(field: { extensions: object } | undefined): boolean {
  return field !== undefined && 'rateLimited' in field.extensions
}

/** Limits the mutations that start work, per caller and minute. The minute begins with the first of them. */
export class MutationRate {
  readonly #perMinute: number
  readonly #limiter: RateLimiterMemory

  constructor(perMinute: number) {
    this.#perMinute = perMinute
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: 60 })
  }

  /** Counts the mutations of one operation. Rejects with a GraphQLError RATE_LIMITED if they are too many. */
  async take(caller: string, mutations: number): Promise<void> {
    try {
      await this.#limiter.consume(caller, mutations)
    } catch (exceeded) {
      if (!(exceeded instanceof RateLimiterRes)) throw exceeded
      throw this.#error(exceeded.msBeforeNext)
    }
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
