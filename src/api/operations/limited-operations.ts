import { completeValue, type MaybePromise } from '@pothos/core'
import type {
  DocumentNode,
  ExecutionArgs,
  ExecutionResult,
  GraphQLError,
  GraphQLSchema,
  ValidationRule,
} from 'graphql'
import { abortable } from '../../base/abortable.ts'
import { SharedResult } from '../execution/shared-result.ts'
import { SubscriptionCount } from '../fairness/subscription-count.ts'
import type { Deadline } from '../limits/deadline.ts'
import { isQuery, type Limits, OperationLimits } from '../limits/operation-limits.ts'
import { isTooComplex, type ToldCost } from '../limits/too-complex.ts'

/** Whoever has made a hundred mistakes has made one; and each is told with all of the value that is wrong. */
const MAX_ERRORS = 5

type Validate = (
  schema: GraphQLSchema,
  document: DocumentNode,
  rules?: readonly ValidationRule[],
  options?: { maxErrors?: number },
) => readonly GraphQLError[]

type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>

interface ParseHook {
  parseFn(source: string, options?: object): DocumentNode
  setParseFn(parse: (source: string, options?: object) => DocumentNode): void
}

interface ValidateHook {
  validateFn: Validate
  setValidationFn(validate: Validate): void
}

interface OperationHook {
  args: ExecutionArgs
  setResultAndStopExecution(result: ExecutionResult): void
}

interface ExecuteHook extends OperationHook {
  executeFn: Execute
  setExecuteFn(execute: Execute): void
}

interface ExecuteEnd {
  onExecuteDone(hook: { result: ExecutionResult; setResult(result: ExecutionResult): void }): void
}

type Results = ExecutionResult | AsyncIterable<ExecutionResult>

interface SubscribeEnd {
  onSubscribeResult(hook: { result: Results; setResult(result: Results): void }): void
}

/** What the context of an operation holds for its limits, beside what resolvers need. */
interface LimitedContext {
  deadline: Deadline
  /** What the operation costs, once that is known. */
  cost?: number
  /** When all of the request was there, by `performance.now()`. */
  arrivedAt?: number
  /** Who asks. */
  viewer: { name: string }
  /** What the request says beside the operation. */
  params: { extensions?: { cost?: unknown } | undefined }
  /** Over HTTP. */
  request?: { signal: AbortSignal }
  /** Over WebSocket. */
  closed?: AbortSignal
}

/**
 * For the server library: all operations, over HTTP as over WebSocket, within their limits. To come after what sets the
 * function that executes. With `extensions: { cost: true }` in a request, the answer to a query or a mutation says in
 * `extensions.cost` what it cost and what it may.
 *
 * @param deviceCount see `CostCompiler`
 */
export function limitedOperations(limits: Limits, deviceCount: () => number) {
  const operations = new OperationLimits(limits, deviceCount)
  const subscriptions = new SubscriptionCount()

  /** Refuses, or gives the cost; a promise only where the rate has to be asked. */
  const admit = (hook: OperationHook): MaybePromise<ToldCost | undefined> => {
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
    onParse({ parseFn, setParseFn }: ParseHook) {
      setParseFn((source, options) => {
        operations.checkText(source)
        return parseFn(source, options)
      })
      return ({ result }: { result: unknown }): void => {
        // Thrown before it is kept for the next time.
        if (isTooComplex(result)) throw result
        if (!(result instanceof Error)) operations.checkDocument(result as DocumentNode)
      }
    },

    onValidate({ validateFn, setValidationFn }: ValidateHook): void {
      setValidationFn((schema, document, rules) =>
        validateFn(schema, document, rules, { maxErrors: MAX_ERRORS }),
      )
    },

    onExecute(hook: ExecuteHook): MaybePromise<ExecuteEnd | undefined> {
      return completeValue(admit(hook), (cost) => {
        if (!cost) return undefined
        contextOf(hook).cost = cost.requested
        if (isQuery(hook.args)) withinTime(hook, limits.requestTimeMs)
        if (contextOf(hook).params.extensions?.cost !== true) return undefined
        return {
          onExecuteDone: ({ result, setResult }) => {
            if (result instanceof SharedResult) setResult(result.withExtensions({ cost }))
            else setResult({ ...result, extensions: { ...result.extensions, cost } })
          },
        }
      })
    },

    onSubscribe(hook: OperationHook): MaybePromise<SubscribeEnd | undefined> {
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

/** A mutation takes as long as what it does: to give it up would not undo it. */
function withinTime(hook: ExecuteHook, limitMs: number): void {
  const { deadline, arrivedAt, request, closed } = contextOf(hook)
  const { args, executeFn, setExecuteFn } = hook
  const { signal } = deadline
  args.abortSignal = signal
  deadline.start(limitMs, closed ?? request?.signal, arrivedAt)
  setExecuteFn(async (executed) => {
    try {
      const result = await abortable(Promise.resolve(executeFn(executed)), signal)
      signal.throwIfAborted()
      return result
    } catch (failure) {
      if (signal.aborted) return { errors: [signal.reason] }
      throw failure
    } finally {
      deadline.stop()
    }
  })
}
