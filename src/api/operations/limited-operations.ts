import { completeValue, isThenable, type MaybePromise } from '@pothos/core'
import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { withCleanUp } from '../../base/with-clean-up.ts'
import type { RateStore } from '../../store/rate-store.ts'
import { ANONYMOUS } from '../auth/authenticated-session.ts'
import { SharedResult } from '../execution/shared-result.ts'
import type { Deadline } from '../limits/deadline.ts'
import { isTooComplex, type ReportedCost } from '../limits/limit-errors.ts'
import { isQuery, type Limits, OperationLimits } from '../limits/operation-limits.ts'

/** The most errors in one answer. Each may quote the whole value that is wrong. */
const MAX_ERRORS = 5

interface OperationHook {
  args: ExecutionArgs
  setResultAndStopExecution(result: ExecutionResult): void
}

type ExecuteHook = Parameters<NonNullable<Plugin['onExecute']>>[0]

/** The part of an operation's context that its limits need. */
interface LimitedContext {
  deadline: Deadline
  /** The cost of the operation, after it was computed. */
  cost?: number
  /** When the whole request had arrived, by `performance.now()`. */
  arrivedAt?: number
  /** The caller. */
  viewer: { name: string }
  /** The parameters of the request besides the operation. */
  params: { extensions?: { cost?: unknown } | undefined }
  /** Set over HTTP. */
  request?: { signal: AbortSignal }
  /** Set over WebSocket. */
  closed?: AbortSignal
}

/**
 * Keeps all operations, over HTTP and WebSocket, within their limits. It wraps the functions that execute, so
 * it must come after the plugins that set them. If a request has `extensions: { cost: true }`, the answer to
 * a query or a mutation has the operation's cost and the limit in `extensions.cost`.
 *
 * @param context.deviceCount see `CostCompiler`
 * @param context.subscriptions counts those that are open
 * @param context.rates counts mutations for all processes of a database; null if there is only one
 */
export function limitedOperations(
  limits: Limits,
  {
    deviceCount,
    rates,
    subscriptions,
  }: { deviceCount: () => number; rates: RateStore | null; subscriptions: SubscriptionCount },
): Plugin {
  const operations = new OperationLimits(limits, deviceCount, rates)

  /** Refuses the operation or returns its cost. Returns a promise only if the rate limit has to be asked. */
  const admit = (hook: OperationHook): MaybePromise<ReportedCost | undefined> => {
    const refuse = (error: unknown) => {
      hook.setResultAndStopExecution({ errors: [error as GraphQLError] })
      return undefined
    }
    hook.args.options = { ...hook.args.options, maxCoercionErrors: MAX_ERRORS }
    try {
      const cost = operations.checkCost(hook.args)
      const rate = operations.checkRate(hook.args, contextOf(hook).viewer.name)
      return rate ? rate.then(() => cost, refuse) : cost
    } catch (error) {
      return refuse(error)
    }
  }

  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => {
        operations.checkText(source)
        return parseFn(source, options)
      })
      return ({ result }) => {
        // Thrown here, so that the cache of documents does not keep it.
        if (isTooComplex(result)) throw result
        if (result && !(result instanceof Error)) operations.checkDocument(result)
      }
    },

    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document, rules) =>
        validateFn(schema, document, rules, { maxErrors: MAX_ERRORS }),
      )
    },

    onExecute(hook) {
      return completeValue(admit(hook), (cost) => {
        if (!cost) return undefined
        contextOf(hook).cost = cost.requested
        if (isQuery(hook.args)) withinTime(hook, limits.requestTimeMs)
        if (contextOf(hook).params.extensions?.cost !== true) return undefined
        return {
          onExecuteDone: ({ result, setResult }) => {
            if (Symbol.asyncIterator in result) return
            if (result instanceof SharedResult) setResult(result.withExtensions({ cost }))
            else setResult({ ...result, extensions: { ...result.extensions, cost } })
          },
        }
      })
    },

    onSubscribe(hook) {
      const caller = contextOf(hook).viewer.name
      return completeValue(admit(hook), (cost) => {
        if (!cost) return undefined
        try {
          subscriptions.check(caller)
        } catch (error) {
          hook.setResultAndStopExecution({ errors: [error as GraphQLError] })
          return undefined
        }
        return {
          onSubscribeResult({ result, setResult }) {
            if (Symbol.asyncIterator in result) setResult(subscriptions.count(result, caller))
          },
        }
      })
    },
  }
}

function contextOf({ args }: OperationHook): LimitedContext {
  return args.contextValue as LimitedContext
}

/** Gives a query up after its time limit. A mutation has none, since giving it up would not undo it. */
function withinTime(hook: ExecuteHook, limitMs: number): void {
  const { deadline, arrivedAt, request, closed } = contextOf(hook)
  const { executeFn, setExecuteFn } = hook
  deadline.start(limitMs, closed ?? request?.signal, arrivedAt)
  setExecuteFn((executed) => {
    const result = executeFn(executed)
    if (isThenable(result)) return resultInTime(Promise.resolve(result), deadline)
    deadline.stop()
    return result
  })
}

/** Returns the result, or the error of the deadline if that ends first. */
async function resultInTime<T>(work: Promise<T>, deadline: Deadline): Promise<T | ExecutionResult> {
  const { signal } = deadline
  try {
    const result = await deadline.settled(work)
    signal.throwIfAborted()
    return result
  } catch (failure) {
    if (signal.aborted) return { errors: [signal.reason] }
    throw failure
  } finally {
    deadline.stop()
  }
}

/** Each subscription takes a few kilobytes. */
const MAX_SUBSCRIPTIONS = 10_000

/** The limit for one caller: enough for a team that shares a token, without taking all places. */
const MAX_OF_CALLER = 2_000

/** Limits the number of open subscriptions, over SSE and WebSocket together. */
export class SubscriptionCount {
  readonly #max: number
  readonly #maxOfCaller: number
  #open = 0
  /** The number by caller. */
  readonly #openOf = new Map<string, number>()

  constructor({ max = MAX_SUBSCRIPTIONS, maxOfCaller = MAX_OF_CALLER } = {}) {
    this.#max = max
    this.#maxOfCaller = maxOfCaller
  }

  get open(): number {
    return this.#open
  }

  /**
   * Checks whether the caller may open another one. If authentication is off, all callers have one name, and
   * only the total counts.
   *
   * @throws GraphQLError RATE_LIMITED if a limit is reached
   */
  check(caller: string): void {
    if (this.#open >= this.#max) {
      throw tooMany(`There are ${this.#open} subscriptions`, 503)
    }
    const open = this.#openOf.get(caller) ?? 0
    if (open >= this.#maxOfCaller && caller !== ANONYMOUS.viewer.name) {
      throw tooMany(`You have ${open} subscriptions`, 429)
    }
  }

  /** The same results, counted as a subscription of the caller until their end. */
  count<T>(results: AsyncIterable<T>, caller: string): AsyncGenerator<T, void> {
    this.#add(caller, 1)
    const iterator = results[Symbol.asyncIterator]()
    return withCleanUp(iterator, {
      next: () => iterator.next(),
      cleanUp: () => this.#add(caller, -1),
    })
  }

  #add(caller: string, change: 1 | -1): void {
    this.#open += change
    const open = (this.#openOf.get(caller) ?? 0) + change
    if (open > 0) this.#openOf.set(caller, open)
    else this.#openOf.delete(caller)
  }
}

function tooMany(howMany: string, status: number): GraphQLError {
  return new GraphQLError(`${howMany}, and no more are allowed; end some that are not needed.`, {
    extensions: { code: 'RATE_LIMITED', http: { status } },
  })
}
