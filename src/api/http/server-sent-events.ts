import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Plugin } from 'graphql-yoga'
import type { AuthenticatedSession } from '../auth/authenticated-session.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { SharedResult } from '../execution/shared-result.ts'
import { whileAuthenticated } from '../operations/session-ends.ts'
import { wantsHeadOnly } from './normalize-request.ts'

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

/** Sends the results of subscriptions as server-sent events until the session of the client ends. */
export function serverSentEvents(authenticator: Authenticator): Plugin<object, ServerContext> {
  return {
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

const KEEP_ALIVE_MS = 12_000
const COMMENT = Buffer.from(':\n\n')
const COMPLETE = Buffer.from('event: complete\ndata:\n\n')

/**
 * Sends the results of a subscription in the distinct connections mode of graphql-sse. The next result is
 * requested after the one before was sent, so a slow reader holds at most one in memory.
 */
export class ServerSentEvents extends Readable {
  readonly #results: AsyncIterator<unknown>
  #keepAlive: NodeJS.Timeout | undefined
  #isWaiting = false

  constructor(results: AsyncIterable<unknown>) {
    super({ highWaterMark: 0 })
    this.#results = results[Symbol.asyncIterator]()
  }

  override _read(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#keepAlive ??= this.#startToKeepAlive()
    this.#results.next().then(
      ({ done, value }) => {
        this.#isWaiting = false
        if (this.destroyed) return
        if (value) this.push(bytesOf(value))
        if (done) this.#complete()
      },
      // The failure is not a result that a client could receive, so the connection breaks off.
      () => this.push(null),
    )
  }

  override _destroy(failure: Error | null, callback: (failure: Error | null) => void): void {
    clearInterval(this.#keepAlive)
    // Nobody is left to receive a failure.
    this.#results.return?.().catch(() => undefined)
    callback(failure)
  }

  #startToKeepAlive(): NodeJS.Timeout {
    // Some browsers ignore a response until its first byte.
    this.push(COMMENT)
    return setInterval(() => {
      // While an event is being sent, the connection is in use anyway.
      if (this.#isWaiting) this.push(COMMENT)
    }, KEEP_ALIVE_MS)
  }

  #complete(): void {
    this.push(COMPLETE)
    this.push(null)
  }
}

function bytesOf(result: unknown): Buffer {
  if (result instanceof SharedResult) return result.serverSentEvent
  return Buffer.from(`event: next\ndata: ${JSON.stringify(result)}\n\n`)
}
