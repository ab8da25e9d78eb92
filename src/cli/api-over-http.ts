import { messageOf, RollcallError } from '../base/errors.ts'

/** The answer to an operation. */
export interface ApiAnswer {
  data?: unknown
  errors?: readonly { message: string; extensions?: Readonly<Record<string, unknown>> }[] | undefined
}

/** A gateway, and the token to show it. */
export interface GatewayAddress {
  endpoint: URL
  token: string | null
  /** The variable that the token is from, for messages. */
  tokenEnv: string | undefined
}

/**
 * Sends an operation to a gateway.
 *
 * @throws RollcallError if the gateway does not answer, or not with GraphQL
 */
export async function askOverHttp(
  { endpoint, token, tokenEnv }: GatewayAddress,
  text: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<ApiAnswer> {
  let response: Response
  let body: string
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      // The token is for this address only.
      redirect: 'error',
      headers: {
        accept: 'application/graphql-response+json, application/json',
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: text, variables }),
    })
    body = await response.text()
  } catch (failure) {
    const cause = failure instanceof Error && failure.cause ? failure.cause : failure
    throw new RollcallError(
      'CONFLICT',
      `${endpoint.origin} does not answer (${messageOf(cause)}); check --url, and that the gateway runs.`,
      { cause: failure },
    )
  }
  if (response.status === 401) {
    const hint =
      tokenEnv === undefined ? 'give --token-env NAME' : `check the token in ${tokenEnv} and its role`
    throw new RollcallError('FORBIDDEN', `The gateway at ${endpoint.origin} wants a token; ${hint}.`)
  }
  const answer = parsed(body)
  if (answer !== null) return answer
  throw new RollcallError(
    'CONFLICT',
    `${endpoint} answered with ${response.status}, and not with GraphQL; ` +
      'give the address of a gateway as --url.',
  )
}

function parsed(body: string): ApiAnswer | null {
  try {
    const answer: unknown = JSON.parse(body)
    if (typeof answer !== 'object' || answer === null) return null
    return 'data' in answer || 'errors' in answer ? (answer as ApiAnswer) : null
  } catch {
    // Not JSON.
    return null
  }
}
