import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql'
import type { CompiledQueries } from '../execution/compiled-queries.ts'
import { FairQueue } from '../fairness/fair-queue.ts'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
import type { Deadline } from '../limits/deadline.ts'
import { isQuery } from '../limits/operation-limits.ts'
import type { Readers } from '../read-threads/readers.ts'
import type { SharedPlace } from './equal-queries.ts'

/** A query that costs more keeps a thread for more than about ten milliseconds. */
const LARGE_COST = 2_000

/** Multiples of the cost limit of one operation. */
const COST_OF_CALLER = 4
const COST_OF_ALL = 16
const OPERATIONS_OF_CALLER = 100
const OPERATIONS_OF_ALL = 500

/** The part of an operation's context that decides when it runs. */
export interface SharingContext {
  /** See `callerOf`. */
  caller: string
  /** Set after the cost was computed. */
  cost?: number
  deadline: Deadline
}

/**
 * Executes small operations at once on this thread. Large queries wait for their turn and run in reader
 * threads.
 */
export class QueryExecution {
  readonly #queries: CompiledQueries
  readonly #readers: Readers | null
  readonly #turns: ThreadTurns
  readonly #queue: FairQueue

  constructor(options: {
    queries: CompiledQueries
    /** Null runs large queries on this thread, too, one at a time. */
    readers: Readers | null
    turns: ThreadTurns
    /** The cost limit of one operation. */
    maxCost: number
  }) {
    this.#queries = options.queries
    this.#readers = options.readers
    this.#turns = options.turns
    this.#queue = new FairQueue({
      places: options.readers?.places ?? 1,
      limits: {
        costOfCaller: COST_OF_CALLER * options.maxCost,
        costOfAll: COST_OF_ALL * options.maxCost,
        operationsOfCaller: OPERATIONS_OF_CALLER,
        operationsOfAll: OPERATIONS_OF_ALL,
      },
    })
  }

  /** Rejects with the reason of its signal if the place's answer comes from elsewhere meanwhile. */
  async execute(args: ExecutionArgs, place?: SharedPlace): Promise<ExecutionResult> {
    const { caller, cost = 0, deadline } = args.contextValue as SharingContext
    const run: SharedPlace['run'] = (work) => (place ? place.run(work) : work())
    const isOfQuery = isQuery(args)
    // A mutation runs to its end.
    if (isOfQuery) args.abortSignal = deadline.signal
    if (cost <= LARGE_COST || !isOfQuery) return await run(() => this.#queries.execute(args))
    const signal = place ? AbortSignal.any([deadline.signal, place.answered]) : deadline.signal
    try {
      return await this.#queue.run({ caller, cost, signal }, () =>
        run(async () => {
          if (this.#readers) return await this.#readers.execute(args, signal)
          await this.#turns.take(caller)
          return await this.#queries.execute(args)
        }),
      )
    } catch (refusal) {
      if (refusal instanceof GraphQLError) return { errors: [refusal] }
      throw refusal
    }
  }
}
