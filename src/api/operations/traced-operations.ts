import { getOperationAST, OperationTypeNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type Span, type TraceParent, tracing, withinSpan } from '../../base/tracing.ts'

/** The fields of the context in which an operation runs. */
interface TracedContext {
  /** The span of its HTTP request; undefined over WebSocket. */
  traceParent?: TraceParent
}

/** Gives each query and mutation a span with its type and name, but without its text or variables. */
export const tracedOperations: Plugin<TracedContext> = {
  onExecute({ args, executeFn, setExecuteFn }) {
    const operation = getOperationAST(args.document, args.operationName)
    const type = operation?.operation ?? OperationTypeNode.QUERY
    const name = operation?.name?.value.slice(0, 100) ?? ''
    const span = tracing()?.start(`${type} ${name}`.trimEnd(), {
      parent: args.contextValue.traceParent,
      attributes: { 'graphql.operation.type': type, 'graphql.operation.name': name },
    })
    if (span) setExecuteFn((given) => executeWithin(span, () => executeFn(given)))
  },
}

async function executeWithin(span: Span, execute: () => unknown): Promise<unknown> {
  let isFailure = true
  try {
    const result = await withinSpan(span, execute)
    isFailure = hasErrors(result)
    return result
  } finally {
    span.end({ isFailure })
  }
}

function hasErrors(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'errors' in result && result.errors !== undefined
}
