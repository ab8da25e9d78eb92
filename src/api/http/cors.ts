import type { IncomingMessage, ServerResponse } from 'node:http'

/** How long a browser need not ask again, in seconds; Chrome remembers no longer than that. */
const MAX_AGE_S = 7_200

/** Lets the page of another site that sent a request read the answer. Tokens are sent by hand, so no cookies go along. */
export function allowReading({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', headers.origin ?? '')
  response.setHeader('access-control-expose-headers', 'etag, retry-after')
}

/** Answers OPTIONS: what may be done at the path, and by a page of another site that `allowReading` has let in. */
export function answerOptions(
  response: ServerResponse,
  options: { methods: readonly string[]; isPreflight: boolean },
): void {
  const methods = options.methods.join(', ')
  response.setHeader('allow', methods)
  if (options.isPreflight) {
    response.setHeader('access-control-allow-methods', methods)
    response.setHeader('access-control-allow-headers', 'authorization, content-type, if-none-match')
    response.setHeader('access-control-max-age', MAX_AGE_S)
  }
  response.writeHead(204).end()
}
