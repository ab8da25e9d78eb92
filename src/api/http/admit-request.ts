import type { IncomingMessage, ServerResponse } from 'node:http'
import { authFailureError, authFailureHead } from '../auth/auth-result.ts'
import type { AuthenticatedSession } from '../auth/authenticated-session.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { throwAwayRest } from './responses.ts'

/** What answers are written in: the JSON of GraphQL, or one sentence. */
type AnswerForm = 'graphql' | 'text'

/** Does as `admitRequest` with an authenticator. */
export type AdmitRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  form: AnswerForm,
) => Promise<AuthenticatedSession | null>

/** Who sends a request; null where they are not let in, which they have been told by then. */
export async function admitRequest(
  authenticator: Authenticator,
  request: IncomingMessage,
  response: ServerResponse,
  form: AnswerForm,
): Promise<AuthenticatedSession | null> {
  const result = await authenticator.authenticate(request.headers.authorization, addressOf(request))
  if ('session' in result) return result.session
  const { failure } = result
  const { status, headers } = authFailureHead(failure)
  const isGraphql = form === 'graphql'
  const contentType = isGraphql ? graphqlType(request) : 'text/plain; charset=utf-8'
  const text = isGraphql ? JSON.stringify({ errors: [authFailureError(failure)] }) : `${failure.message}\n`
  // Whoever is not let in holds no connection; but ended before all of the request has come, it could take the answer along.
  await throwAwayRest(request)
  response.writeHead(status, { ...headers, 'content-type': contentType, connection: 'close' }).end(text)
  return null
}

/** Where whoever sends a request is, as far as can be told. */
export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? ''
}

function graphqlType({ headers }: IncomingMessage): string {
  const type = 'application/graphql-response+json'
  return `${headers.accept?.includes(type) ? type : 'application/json'}; charset=utf-8`
}
