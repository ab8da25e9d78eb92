import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ExecutionArgs, ExecutionResult } from 'graphql'
import type { AuthenticatedSession } from '../auth/authenticated-session.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { whileAuthenticated } from '../auth/while-authenticated.ts'
import type { SharedExecution } from '../operations/shared-execution.ts'
import { wantsHeadOnly } from './normalize-request.ts'
import { ServerSentEvents } from './server-sent-events.ts'

const EVENT_STREAM = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  connection: 'keep-alive',
  'content-encoding': 'none',
}

type Results = ExecutionResult | AsyncIterable<ExecutionResult>

interface SubscribeHook {
  setSubscribeFn(subscribe: (args: ExecutionArgs) => Promise<Results>): void
}

type ResultProcessor = (result: Results, fetchAPI: { Response: typeof Response }) => Response

interface ResultHook {
  result: Results
  resultProcessor?: unknown
  setResultProcessor(processor: ResultProcessor, contentType: string): void
  serverContext: { session: AuthenticatedSession; req: IncomingMessage; res: ServerResponse }
}

/**
 * For the server library: subscriptions over HTTP and over WebSocket are executed for all subscribers together; over HTTP they
 * are sent by us.
 */
export function sharedSubscriptions(execution: SharedExecution, authenticator: Authenticator) {
  return {
    onSubscribe({ setSubscribeFn }: SubscribeHook): void {
      setSubscribeFn((args) => execution.subscribe(args))
    },
    onResultProcess({ result, resultProcessor, setResultProcessor, serverContext }: ResultHook): void {
      if (!(Symbol.asyncIterator in result)) return
      const { session, req, res } = serverContext
      const events = new ServerSentEvents(
        whileAuthenticated(result, (onEnd) => authenticator.watch(session, onEnd)),
      )
      // Where the client accepts no event stream, there is no processor for a result of many.
      const isRead = resultProcessor !== undefined && !wantsHeadOnly(req) && !res.closed
      if (!isRead) events.destroy()
      // Who leaves before the first event is not seen by the library.
      else res.once('close', () => events.destroy())
      if (!resultProcessor) return
      setResultProcessor((_result, { Response }) => {
        // Beyond what its type says, this Response takes streams of Node.js, and sends them as they are.
        const body = isRead ? (events as unknown as BodyInit) : null
        return new Response(body, { headers: EVENT_STREAM })
      }, 'text/event-stream')
    },
  }
}
