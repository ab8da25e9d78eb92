import { requestError } from './errors.ts'

/** The parameters of a GraphQL request. */
export interface OperationParams {
  query?: string
  /** The id of a persisted operation. */
  documentId?: string
  operationName?: string
  variables?: Record<string, unknown>
  extensions?: Record<string, unknown>
}

const KINDS = {
  query: 'string',
  documentId: 'string',
  operationName: 'string',
  variables: 'object',
  extensions: 'object',
} as const satisfies Record<keyof OperationParams, string>

/** Reads the parameters from the body of a POST. Throws a `GraphQLError` that says what is wrong. */
export function paramsOfBody(text: string): OperationParams {
  const given = parseJson(text, "The request's body")
  if (Array.isArray(given)) {
    throw requestError('Several operations in one request are not supported; send one request for each.')
  }
  if (typeof given !== 'object' || given === null) {
    throw requestError("The request's body must be a JSON object with a query.")
  }
  return checked(given)
}

/**
 * Reads the parameters from the URL of a GET, or from its path and query. Throws a `GraphQLError` that says
 * what is wrong.
 */
export function paramsOfUrl(url: string): OperationParams {
  const query = url.split('?').slice(1).join('?')
  try {
    decodeURIComponent(query)
  } catch {
    throw requestError("The URL's query is not valid UTF-8 in percent-encoding.")
  }
  const parameters = new URLSearchParams(query)
  const given: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(KINDS)) {
    const text = parameters.get(name)
    if (text) given[name] = kind === 'object' ? parseJson(text, `"${name}"`) : text
  }
  return checked(given)
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw requestError(`${what} is not valid JSON.`)
  }
}

/** Ignores parameters that GraphQL over HTTP does not name; some clients send their own. */
function checked(given: object): OperationParams {
  const params: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(KINDS)) {
    const value: unknown = Object.hasOwn(given, name) ? given[name as keyof typeof given] : undefined
    if (value === null || value === undefined) continue
    if (typeof value !== kind || Array.isArray(value)) {
      throw requestError(`"${name}" must be of type ${kind}.`)
    }
    // Some clients send an empty name where they have none.
    if (name !== 'operationName' || value !== '') params[name] = value
  }
  return params
}
