import type { IncomingMessage } from 'node:http'
import { MIMEType } from 'node:util'
import type { DocumentNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
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

interface ServerContext {
  req: IncomingMessage
  caller: string
  /** See `LimitedContext`. */
  arrivedAt?: number
}

/** See `PersistedOperations`. */
interface KnownOperations {
  textOf(params: OperationParams): string
  documentOf(text: string): DocumentNode | undefined
}

/**
 * Reads the operation of a request. The library's own parser would also accept forms, which any web page can
 * send, and would put replacement characters in place of bytes that are not UTF-8.
 */
export function parsedRequests(options: {
  operations: KnownOperations
  maxBytes: number
  turns: ThreadTurns
}): Plugin<object, ServerContext> {
  const { operations, maxBytes, turns } = options
  return {
    onRequestParse({ request: { method }, serverContext: context, setRequestParser }) {
      const { req: request } = context
      if (method !== 'GET' && method !== 'POST') return
      setRequestParser(async () => {
        const body = method === 'GET' ? null : await readJsonText(request, maxBytes)
        context.arrivedAt = performance.now()
        // From here on nothing waits for the client until the operation is executed or queued.
        await turns.takeForRequest(context.caller)
        const params = body === null ? paramsOfUrl(request.url ?? '/') : paramsOfBody(body)
        // The library refuses the id, which it does not know.
        return { ...params, query: operations.textOf(params), documentId: undefined }
      })
    },
    onParse({ params: { source }, setParsedDocument }) {
      const document = typeof source === 'string' ? operations.documentOf(source) : undefined
      if (document) setParsedDocument(document)
    },
  }
}

const KINDS = {
  query: 'string',
  documentId: 'string',
  operationName: 'string',
  variables: 'object',
  extensions: 'object',
} as const satisfies Record<keyof OperationParams, string>

const KIND_ENTRIES = Object.entries(KINDS)

/** Reads the parameters from the body of a POST. Throws a `GraphQLError` that says what is wrong. */
function paramsOfBody(text: string): OperationParams {
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
function paramsOfUrl(url: string): OperationParams {
  const query = url.split('?').slice(1).join('?')
  try {
    decodeURIComponent(query)
  } catch {
    throw requestError("The URL's query is not valid UTF-8 in percent-encoding.")
  }
  const parameters = new URLSearchParams(query)
  const given: Record<string, unknown> = {}
  for (const [name, kind] of KIND_ENTRIES) {
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
  for (const [name, kind] of KIND_ENTRIES) {
    const value: unknown = Object.hasOwn(given, name) ? given[name as keyof typeof given] : undefined
    if (value === null || value === undefined) continue
    if (typeof value !== kind || Array.isArray(value)) {
      throw requestError(`"${name}" must be of type ${kind}.`)
    }
    // Some clients send an empty name instead of none.
    if (name !== 'operationName' || value !== '') params[name] = value
  }
  return params
}

/** The headers that nearly all clients send. Others are parsed. */
const USUAL_TYPES: ReadonlySet<string | undefined> = new Set([
  'application/json',
  'application/json; charset=utf-8',
])

/** Content types that no form can send, so a browser asks before a page of another site may send them. */
const JSON_TYPES: ReadonlySet<string> = new Set(['application/json', 'application/graphql+json'])

const decoder = new TextDecoder('utf-8', { fatal: true })

const UTF_8: ReadonlySet<string> = new Set(['utf-8', 'utf8'])

/**
 * Returns the text of a JSON body in UTF-8 with at most `maxBytes`. Otherwise rejects with a `GraphQLError`.
 */
async function readJsonText(request: IncomingMessage, maxBytes: number): Promise<string> {
  checkHeaders(request)
  if (Number(request.headers['content-length']) > maxBytes) throw tooLarge(maxBytes)
  const bytes = await readBytes(request, maxBytes)
  try {
    return decoder.decode(bytes)
  } catch {
    throw requestError("The request's body is not valid UTF-8; encode it in UTF-8.")
  }
}

function checkHeaders({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity') {
    throw requestError("The request's body is compressed; send it as it is.", {
      status: 415,
      headers: { 'accept-encoding': 'identity' },
    })
  }
  if (USUAL_TYPES.has(headers['content-type'])) return
  const type = mimeType(headers['content-type'])
  if (!type || !JSON_TYPES.has(type.essence)) {
    throw requestError("The request's body must be JSON, with the content-type application/json.", {
      status: 415,
    })
  }
  const charset = type.params.get('charset') ?? 'utf-8'
  if (!UTF_8.has(charset.toLowerCase())) {
    throw requestError("The request's body must be in UTF-8, and not in another charset.", { status: 415 })
  }
}

function mimeType(contentType: string | undefined): MIMEType | null {
  try {
    return new MIMEType(contentType ?? '')
  } catch {
    return null
  }
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    // The listeners stay until the request is gone. Removing them would take longer than ignoring the events.
    let isOver = false
    const take = (chunk: Buffer) => {
      if (isOver) return
      size += chunk.length
      chunks.push(chunk)
      if (size <= maxBytes) return
      // The rest is dropped.
      isOver = true
      chunks.length = 0
      reject(tooLarge(maxBytes))
    }
    const finish = () => {
      if (isOver) return
      isOver = true
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size))
    }
    const giveUp = () => {
      if (isOver) return
      isOver = true
      // Nobody is left to read the error.
      reject(requestError("The request's body is incomplete."))
    }
    // The client may have left already.
    if (request.destroyed) return giveUp()
    request.on('data', take).on('end', finish).on('close', giveUp).on('error', giveUp)
  })
}

function tooLarge(maxBytes: number): Error {
  return requestError(`The request's body has more than ${maxBytes} bytes; send less at once.`, {
    status: 413,
  })
}
