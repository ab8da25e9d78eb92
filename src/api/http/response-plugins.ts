import type { Plugin } from 'graphql-yoga'
import { SharedResult } from '../execution/shared-result.ts'
import type { ThreadTurns } from '../fairness/thread-turns.ts'

/** The types of an answer that is no event stream, the better one first. */
const JSON_TYPES = ['application/graphql-response+json', 'application/json']

const NONE_ACCEPTED =
  'The answer has none of the accepted types. Accept application/json, or text/event-stream to subscribe.'
const SUBSCRIPTION =
  'A subscription is answered with an event stream. Accept text/event-stream, as graphql-sse does, or ' +
  'subscribe ' +
  'over WebSocket with graphql-ws.'

/**
 * Makes HTTP errors readable. A client that accepts event streams gets the error as an event with status 200,
 * as graphql-sse says, because it ignores the body of any other status. A client that accepts no type that
 * exists gets an explanation.
 */
export const readableErrors: Plugin = {
  onResponse({ request, response, setResponse, fetchAPI: { Response } }) {
    const { status, headers } = response
    if (status === 406) {
      setResponse(new Response(...notAcceptable(request.headers.get('accept') ?? '')))
    } else if (status !== 200 && headers.get('content-type') === 'text/event-stream') {
      // Only here, because the library makes a stream of the text to answer it.
      setResponse(new Response(response.body, { status: 200, headers }))
    }
  },
}

/**
 * Explains why nothing of `accept` fits. If it has a type of JSON, the operation is a subscription. Clients
 * read an error of the type application/json only with status 200.
 */
function notAcceptable(accept: string): [body: string, init: ResponseInit] {
  const accepted = JSON_TYPES.find((type) => accept.includes(type))
  const type = accepted ?? 'application/json'
  const message = accepted ? SUBSCRIPTION : NONE_ACCEPTED
  return [
    JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] }),
    {
      status: accepted === 'application/json' ? 200 : 406,
      headers: { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' },
    },
  ]
}

/**
 * Gives an operation that did not begin, because its variables or its name are wrong, the status 400. GraphQL
 * over HTTP asks for that.
 */
export const badRequests: Plugin = {
  onExecute() {
    return {
      onExecuteDone({ result }) {
        if (Symbol.asyncIterator in result || 'data' in result) return
        for (const { extensions } of result.errors ?? []) extensions.http ??= { spec: true, status: 400 }
      },
    }
  },
}

interface ResultHook {
  result: unknown
  serverContext: { caller: string }
}

/**
 * Sends large answers in turns. Hundreds of requests may wait for one answer and all continue when it is
 * there, and the kernel copies some megabytes for each.
 */
export function responsesInTurns(turns: ThreadTurns) {
  return {
    onResultProcess({ result, serverContext }: ResultHook): Promise<void> | undefined {
      if (!(result instanceof SharedResult) || typeof result.json === 'string') return undefined
      return turns.wait(serverContext.caller)
    },
  }
}
