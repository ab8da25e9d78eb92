import type { ExecutionResult } from 'graphql'

interface ResponseHook {
  response: Response
  setResponse(response: Response): void
  fetchAPI: { Response: typeof Response }
}

const NOT_ACCEPTABLE = JSON.stringify({
  errors: [
    {
      message:
        'The request accepts no type that the operation is answered in: for a query or a mutation that is application/json, for a subscription text/event-stream.',
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ],
})

/**
 * For the server library: a client that takes event streams is told in an event what is wrong with its request, as graphql-sse
 * says; of an answer with another status it would see nothing else. One that takes nothing that we have is told so.
 */
export const readableErrors = {
  onResponse({ response, setResponse, fetchAPI: { Response } }: ResponseHook): void {
    const { status, headers, body } = response
    if (status === 406) {
      const contentType = { 'content-type': 'application/json; charset=utf-8' }
      setResponse(new Response(NOT_ACCEPTABLE, { status, headers: contentType }))
    } else if (status !== 200 && headers.get('content-type') === 'text/event-stream') {
      setResponse(new Response(body, { status: 200, headers }))
    }
  },
}

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
