import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  validate,
} from 'graphql'
import { messageOf, RollcallError } from '../../base/errors.ts'
import { decodeText, fileProblem } from '../../base/files.ts'
import { requestError } from './errors.ts'
import type { OperationParams } from './request-parsing.ts'

/** A SHA-256 with or without the prefix of GraphQL over HTTP. */
const SHA_256 = /^(?:sha256:)?([0-9a-f]{64})$/i

/** The problems that are reported. Hundreds of them have one cause. */
const MOST_PROBLEMS = 5

/** The schema that the operations are validated against, and whether they may ask for it. */
interface Served {
  schema: GraphQLSchema
  /** Whether introspection is allowed. */
  introspection: boolean
}

interface PersistedOperation {
  text: string
  document: DocumentNode
}

/** The operations that clients may request by an id, usually the SHA-256 of the text. */
export class PersistedOperations {
  readonly #textsById: ReadonlyMap<string, string>
  readonly #documentsByText: Map<string, DocumentNode>
  readonly #only: boolean

  private constructor(operations: ReadonlyMap<string, PersistedOperation>, only: boolean) {
    this.#textsById = new Map([...operations].map(([id, { text }]) => [id, text]))
    this.#documentsByText = new Map([...operations.values()].map(({ text, document }) => [text, document]))
    this.#only = only
  }

  /**
   * Reads a JSON file with texts by id, as GraphQL Code Generator and Relay write it; null stands for no
   * operations. With `only`, all other operations are refused, except those of the console. Rejects with
   * CONFIG_INVALID if one of them could not be run.
   */
  static async load(
    { file, only, console = [] }: { file: string | null; only: boolean; console?: readonly string[] },
    served: Served,
  ): Promise<PersistedOperations> {
    const operations = file === null ? new Map() : await readOperations(file, served)
    const loaded = new PersistedOperations(operations, only)
    if (only) loaded.#allow(console, served)
    return loaded
  }

  /** The names of the operations that are known from the start. */
  get names(): string[] {
    return [...this.#documentsByText.values()].flatMap(({ definitions }) =>
      definitions.flatMap((each) =>
        each.kind === Kind.OPERATION_DEFINITION && each.name ? [each.name.value] : [],
      ),
    )
  }

  /** The number of operations that have an id. */
  get size(): number {
    return this.#textsById.size
  }

  /**
   * Returns the text of the requested operation. Throws a `GraphQLError` with one of these codes:
   * PERSISTED_QUERY_NOT_FOUND, after which clients send the text; BAD_USER_INPUT; FORBIDDEN.
   */
  textOf(params: OperationParams): string {
    // Over WebSocket, a client must send a text even with an id, so it may be empty.
    const text = params.query || undefined
    const id = idOf(params)
    const known = id === undefined ? undefined : this.#textsById.get(id)
    if (text === undefined) {
      if (known !== undefined) return known
      throw id === undefined ? requestError('The request has no "query".') : this.#notFound()
    }
    if (id !== undefined && text !== known && id !== sha256(text)) {
      throw requestError(
        'The id of the persisted operation does not belong to the query that was sent ' + 'with it.',
      )
    }
    if (this.#only && !this.#documentsByText.has(text)) {
      throw requestError('Only persisted operations are allowed here; send the id of one.', {
        status: 403,
        code: 'FORBIDDEN',
      })
    }
    return text
  }

  #allow(texts: readonly string[], served: Served): void {
    for (const text of texts) {
      const read = readOperation('console', text, served)
      if ('problem' in read) throw invalid(`An operation of the console ${read.problem} Build it again.`)
      this.#documentsByText.set(text, read.document)
    }
  }

  /** Returns the parsed document of a persisted operation's text. */
  documentOf(text: string): DocumentNode | undefined {
    return this.#documentsByText.get(text)
  }

  /**
   * Uses the messages that clients know. After the first one they send the text as well, after the other one
   * only texts from then on.
   */
  #notFound(): Error {
    const message = this.#textsById.size > 0 ? 'PersistedQueryNotFound' : 'PersistedQueryNotSupported'
    return requestError(message, { code: 'PERSISTED_QUERY_NOT_FOUND' })
  }
}

function idOf({ documentId, extensions }: OperationParams): string | undefined {
  const persisted = extensions?.persistedQuery ?? undefined
  const hash = typeof persisted === 'object' && 'sha256Hash' in persisted ? persisted.sha256Hash : undefined
  if (persisted !== undefined && typeof hash !== 'string') {
    throw requestError('"extensions.persistedQuery" must have a "sha256Hash".')
  }
  const ids = [documentId, hash].filter((each) => typeof each === 'string').map(plainId)
  if (new Set(ids).size > 1) {
    throw requestError(
      '"documentId" and "extensions.persistedQuery" name different operations; send ' + 'only one of them.',
    )
  }
  return ids[0]
}

function plainId(id: string): string {
  return SHA_256.exec(id)?.[1]?.toLowerCase() ?? id
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function readOperations(file: string, served: Served): Promise<Map<string, PersistedOperation>> {
  const problems: string[] = []
  const operations = new Map<string, PersistedOperation>()
  for (const [id, text] of Object.entries(await readTexts(file))) {
    const read = readOperation(id, text, served)
    if ('problem' in read)
      problems.push(`${JSON.stringify(id)} in ${file}, persisted operations, ${read.problem}`)
    else operations.set(plainId(id), read)
  }
  if (problems.length > 0) throw invalid(problems.slice(0, MOST_PROBLEMS).join('\n'))
  return operations
}

async function readTexts(file: string): Promise<object> {
  const text = await readFile(file).then(decodeText, (failure: unknown) => {
    throw invalid(`"persistedOperations.file" names ${file}, which ${fileProblem(failure)}.`)
  })
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content
  } catch {
    // Reported below.
  }
  throw invalid(
    `"persistedOperations.file" names ${file}, which must hold a JSON object of texts by their ids.`,
  )
}

function readOperation(
  id: string,
  text: unknown,
  { schema, introspection }: Served,
): PersistedOperation | { problem: string } {
  if (typeof text !== 'string') return { problem: 'must be the text of an operation.' }
  if (SHA_256.test(id) && plainId(id) !== sha256(text)) {
    return { problem: 'looks like a SHA-256 but is not that of its text; generate the file again.' }
  }
  try {
    const document = parse(text)
    const [error] = validate(schema, document)
    if (error) return { problem: `does not fit the schema: ${error.message}` }
    if (!introspection && validate(schema, document, [NoSchemaIntrospectionCustomRule]).length > 0) {
      return { problem: 'queries the schema, which "server.introspection" forbids; remove it.' }
    }
    return { text, document }
  } catch (failure) {
    return { problem: `cannot be parsed: ${messageOf(failure)}` }
  }
}

function invalid(message: string): RollcallError {
  return new RollcallError('CONFIG_INVALID', message)
}
