import type { Plugin } from 'graphql-yoga'

const NOT_ACCEPTABLE = JSON.stringify({
  errors: [
    {
      message:
        'The answer has none of the accepted types. Accept application/json, or text/event-stream to subscribe.',
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ],
})

/**
 * Makes HTTP errors readable. A client that accepts event streams gets the error as an event with status 200,
 * as graphql-sse says, because it ignores the body of any other status. A client that accepts no type that
 * exists gets an explanation.
 */
export const readableErrors: Plugin = {
  onResponse({ response, setResponse, fetchAPI: { Response } }) {
    const { status, headers, body } = response
    if (status === 406) {
      const contentType = { 'content-type': 'application/json; charset=utf-8' }
      setResponse(new Response(NOT_ACCEPTABLE, { status, headers: contentType }))
    } else if (status !== 200 && headers.get('content-type') === 'text/event-stream') {
      setResponse(new Response(body, { status: 200, headers }))
    }
  },
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
