import { SharedResult } from '../execution/shared-result.ts'
import type { ThreadTurns } from '../fairness/thread-turns.ts'

interface ResultHook {
  result: unknown
  serverContext: { caller: string }
}

/**
 * For the server library: large answers are sent in turns. Hundreds of requests may wait for one answer, and all of them
 * are resumed at once when it is there. The kernel copies some megabytes for each.
 */
export function sharedResponses(turns: ThreadTurns) {
  return {
    onResultProcess({ result, serverContext }: ResultHook): Promise<void> | undefined {
      if (!(result instanceof SharedResult) || typeof result.json === 'string') return undefined
      return turns.wait(serverContext.caller)
    },
  }
}
