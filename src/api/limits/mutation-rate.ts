import { GraphQLError } from 'graphql'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** For the `extensions` of a mutation that makes work. */
export const rateLimited = { rateLimited: true }

export function isRateLimited(field: { extensions: object } | undefined): boolean {
  return field !== undefined && 'rateLimited' in field.extensions
}

/**
 * How many mutations that make work each caller may send in a minute, which begins with the first of them. What is kept
 * of a caller is forgotten at its end.
 */
export class MutationRate {
  readonly #perMinute: number
  readonly #limiter: RateLimiterMemory

  constructor(perMinute: number) {
    this.#perMinute = perMinute
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: 60 })
  }

  /** Counts the mutations of one operation. Rejects with a GraphQLError RATE_LIMITED where they are too many. */
  async take(caller: string, mutations: number): Promise<void> {
    try {
      await this.#limiter.consume(caller, mutations)
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      throw this.#refusal(refused.msBeforeNext)
    }
  }

  #refusal(retryAfterMs: number): GraphQLError {
    const seconds = Math.ceil(retryAfterMs / 1000)
    return new GraphQLError(
      `You have sent more than ${this.#perMinute} mutations of this kind within a minute; try again in ${seconds} s.`,
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
