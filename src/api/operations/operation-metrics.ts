import { Counter, Histogram } from '@prometheus-io/client'
import { type ExecutionArgs, type ExecutionResult, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { codeOf } from './errors.ts'

/** The most names of operations that are counted separately. Clients choose them. */
const MAX_NAMES = 200
const MAX_LENGTH = 100
/** Stands for all further names. GraphQL knows no name with a dash. */
const OTHERS = 'other-operations'
const ANONYMOUS = 'anonymous-operation'

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Measures the operations of clients by their names, over HTTP and WebSocket. */
export class OperationMetrics {
  readonly duration = new Histogram({
    name: 'rollcall_graphql_operation_duration_seconds',
    help: 'Time from the start of the execution to its result; for a subscription, to its first event.',
    labelNames: ['operation', 'type'],
    buckets: BOUNDS,
    registers: [],
  })
  readonly errors = new Counter({
    name: 'rollcall_graphql_errors_total',
    help: 'Errors in the results of operations, by their code.',
    labelNames: ['operation', 'code'],
    registers: [],
  })
  readonly invalid = new Counter({
    name: 'rollcall_graphql_invalid_operations_total',
    help: 'Operations that the schema does not allow.',
    registers: [],
  })
  readonly #names: Set<string>

  /** @param known names that are always counted separately */
  constructor(known: readonly string[]) {
    this.#names = new Set(known)
  }

  get plugin(): Plugin {
    return {
      onValidate: () => {
        return ({ valid }) => {
          if (!valid) this.invalid.inc()
        }
      },
      onExecute: ({ args }) => {
        const end = this.#start(args)
        return {
          onExecuteDone: ({ result }) => {
            if (!(Symbol.asyncIterator in result)) end(result)
          },
        }
      },
      onSubscribe: ({ args }) => {
        const end = this.#start(args)
        return {
          onSubscribeResult: ({ result }) => end(Symbol.asyncIterator in result ? {} : result),
        }
      },
    }
  }

  #start({ document, operationName }: ExecutionArgs): (result: ExecutionResult) => void {
    const startedAt = performance.now()
    const definition = getOperationAST(document, operationName)
    const operation = this.#labelOf(definition?.name?.value)
    const type = definition?.operation ?? 'query'
    return ({ errors = [] }) => {
      this.duration.observe({ operation, type }, (performance.now() - startedAt) / 1000)
      for (const error of errors) this.errors.inc({ operation, code: codeOf(error) })
    }
  }

  #labelOf(name: string | undefined): string {
    if (name === undefined) return ANONYMOUS
    if (this.#names.has(name)) return name
    if (this.#names.size >= MAX_NAMES || name.length > MAX_LENGTH) return OTHERS
    this.#names.add(name)
    return name
  }
}
