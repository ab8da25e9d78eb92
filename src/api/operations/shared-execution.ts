import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  mapSourceToResponseEvent,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
} from 'graphql'
import { type ApiContext, contextOfEvent } from '../context.ts'
import { SharedResult } from '../execution/shared-result.ts'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
import { OperationSharing } from './operation-sharing.ts'
import type { SharingContext } from './query-execution.ts'

/**
 * Runs subscriptions as graphql's `subscribe` does, except that subscribers with equal operations share the
 * execution and the text of an event. The feeds give all of them the same event object.
 */
export class SharedExecution {
  readonly #mask: (error: unknown) => Error
  /** The results by event, then by operation. */
  readonly #results = new WeakMap<object, Map<string, Promise<SharedResult>>>()
  readonly #sharing = new OperationSharing()
  readonly #turns: ThreadTurns

  constructor(options: {
    /** Returns what a client may see of an error. */
    mask: (error: unknown) => Error
    turns: ThreadTurns
  }) {
    this.#mask = options.mask
    this.#turns = options.turns
  }

  /** Resolves with the stream of `SharedResult`s, or with errors if the request is wrong. */
  async subscribe(args: ExecutionArgs): Promise<ExecutionResult | AsyncGenerator<ExecutionResult, void>> {
    const validated = validateSubscriptionArgs(args)
    if (!('schema' in validated)) return { errors: validated.map(asBadRequest) }
    const source = await createSourceEventStream(validated)
    if (!(Symbol.asyncIterator in source)) return source
    const operation = this.#sharing.keyOf(args)
    return mapSourceToResponseEvent(validated, source, (event) => this.#resultOf(event, operation))
  }

  #resultOf(args: ValidatedSubscriptionArgs, operation: string): Promise<SharedResult> {
    const event = args.rootValue as object
    let results = this.#results.get(event)
    if (!results) {
      results = new Map()
      this.#results.set(event, results)
    }
    let result = results.get(operation)
    if (!result) {
      result = this.#execute(args)
      results.set(operation, result)
    }
    return result
  }

  async #execute(args: ValidatedSubscriptionArgs): Promise<SharedResult> {
    await this.#turns.take((args.contextValue as SharingContext).caller)
    const contextValue = contextOfEvent(args.contextValue as ApiContext)
    const result = await executeSubscriptionEvent({ ...args, contextValue })
    if (!result.errors) return new SharedResult(result)
    return new SharedResult({
      ...result,
      errors: result.errors.map((error) => this.#mask(error) as GraphQLError),
    })
  }
}

/** Marks an error of the variables or of the operation's name with HTTP status 400. */
function asBadRequest(error: GraphQLError): GraphQLError {
  Object.assign(error.extensions, { http: { status: 400 } })
  return error
}
