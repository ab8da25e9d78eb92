import type { ExecutionResult } from 'graphql'

interface ResultHook {
  result: ExecutionResult | AsyncIterable<ExecutionResult>
}

/**
 * For the server library: an operation that was not begun, as its variables or its name are wrong, is an error of the
 * request, for which GraphQL over HTTP has status 400.
 */
export const badRequests = {
  onExecute() {
    return {
      onExecuteDone({ result }: ResultHook): void {
        if (Symbol.asyncIterator in result || 'data' in result) return
        for (const { extensions } of result.errors ?? []) extensions.http ??= { spec: true, status: 400 }
      },
    }
  },
}
