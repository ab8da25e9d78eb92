import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'graphql-yoga'
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

interface ServerContext {
  session: AuthenticatedSession
  req: IncomingMessage
  res: ServerResponse
}

/**
 * Executes subscriptions over HTTP and WebSocket once for all subscribers that ask the same, and sends those
 * over HTTP as server-sent events.
 */
export function sharedSubscriptions(
  execution: SharedExecution,
  authenticator: Authenticator,
): Plugin<object, ServerContext> {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args) => execution.subscribe(args))
    },
    onResultProcess({ result, resultProcessor, setResultProcessor, serverContext }) {
      if (!(Symbol.asyncIterator in result)) return
      const { session, req, res } = serverContext
      const events = new ServerSentEvents(
        whileAuthenticated(result, (onEnd) => authenticator.watch(session, onEnd)),
      )
      // Without a processor, the client accepts no event stream.
      const isRead = resultProcessor !== undefined && !wantsHeadOnly(req) && !res.closed
      if (!isRead) events.destroy()
      // The library does not notice a client that leaves before the first event.
      else res.once('close', () => events.destroy())
      if (!resultProcessor) return
      setResultProcessor((_result, { Response }) => {
        // The library's Response also takes streams of Node.js, which its type does not say.
        const body = isRead ? (events as unknown as BodyInit) : null
        return new Response(body, { headers: EVENT_STREAM })
      }, 'text/event-stream')
    },
  }
}
