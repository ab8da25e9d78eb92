import type { IncomingMessage, ServerResponse } from 'node:http'
import { authFailureError, authFailureHead } from '../auth/auth-result.ts'
import type { AuthenticatedSession } from '../auth/authenticated-session.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { throwAwayRest } from './responses.ts'

/** The form of the answer: GraphQL's JSON, or one sentence of text. */
type AnswerForm = 'graphql' | 'text'

/** Does what `authenticateRequest` does, with the authenticator given already. */
export type AuthenticateRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  form: AnswerForm,
) => Promise<AuthenticatedSession | null>

/**
 * Returns the session of a request's sender. If authentication fails, it answers the request and returns
 * null.
 */
export async function authenticateRequest(
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
  // The connection is closed. The rest of the request is read first, since closing earlier could lose the
  // answer.
  await throwAwayRest(request)
  response.writeHead(status, { ...headers, 'content-type': contentType, connection: 'close' }).end(text)
  return null
}

/** Returns the IP address of a request's sender, or '' if it is unknown. */
export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? ''
}

function graphqlType({ headers }: IncomingMessage): string {
  const type = 'application/graphql-response+json'
  return `${headers.accept?.includes(type) ? type : 'application/json'}; charset=utf-8`
}
