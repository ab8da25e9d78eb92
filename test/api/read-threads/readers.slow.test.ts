import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
} from 'graphql'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CompiledQueries } from '../../../src/api/execution/compiled-queries.ts'
import { SharedResult } from '../../../src/api/execution/shared-result.ts'
import { maskError } from '../../../src/api/operations/errors.ts'
import {
  fromPlainError,
  type ReaderSettings,
  toPlainError,
} from '../../../src/api/read-threads/reader-messages.ts'
import { Readers } from '../../../src/api/read-threads/readers.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { RollcallError } from '../../../src/base/errors.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { startedThreads } from '../../support/started-threads.ts'
import { executionsOf, probedInventory, randomQueries, textOf } from '../support/probed-inventory.ts'

const ROUNDS = propertyRuns(40)
const DOCUMENTS = join(import.meta.dirname, '../../../schema/documents')
const MISBEHAVING = new URL('../support/misbehaving-reader.ts', import.meta.url)

const never = new AbortController().signal

describe('a query in a reader thread', () => {
  it("has the same answer as on the API's thread, including errors", async () => {
    const { newContext, settings } = await probedInventory()
    const readers = newReaders(settings)
    const queries = new CompiledQueries(schema)
    let compared = 0
    await fc.assert(
      fc.asyncProperty(randomQueries, async (query) => {
        const args = executionsOf(query, newContext)
        const here = args()
        const there = args()
        const expected = await queries.execute(here)
        expect(shownOf(await readers.execute(there, never))).toBe(shownOf(expected))
        compared += 1
      }),
      { numRuns: ROUNDS },
    )
    expect(compared).toBe(ROUNDS)
  })

  it('has the same bytes for the documents of frontends', async () => {
    const { newContext, settings } = await probedInventory()
    const readers = newReaders(settings)
    const queries = new CompiledQueries(schema)
    const fragments = readFileSync(join(DOCUMENTS, 'fragments.graphql'), 'utf8')
    const answers: string[] = []
    for (const file of readdirSync(DOCUMENTS)) {
      const text =
        file === 'fragments.graphql'
          ? fragments
          : `${readFileSync(join(DOCUMENTS, file), 'utf8')}\n${fragments}`
      const document = parse(text)
      for (const operation of document.definitions.filter(isQueryDefinition)) {
        for (const id of ['Refresh:1', 'Device:3']) {
          const args = (): ExecutionArgs => ({
            schema,
            document,
            operationName: operation.name?.value ?? null,
            variableValues: { id: Buffer.from(id).toString('base64url'), name: 'r1', first: 5 },
            contextValue: newContext(),
          })
          const answer = JSON.stringify(await queries.execute(args()))
          const { data, errors } = await readers.execute(args(), never)
          expect(JSON.stringify({ ...(errors && { errors }), data })).toBe(answer)
          answers.push(answer)
        }
      }
    }
    expect(answers.filter((answer) => answer.startsWith('{"data":{')).length).toBeGreaterThan(5)
  })

  it('is returned as bytes if it has no errors', async () => {
    const { newContext, settings } = await probedInventory()
    const readers = newReaders(settings)
    const execute = async (text: string) => {
      const result = await readers.execute(
        { schema, document: parse(text), contextValue: newContext() },
        never,
      )
      return result instanceof SharedResult && result.json
    }
    expect(await execute('{ viewer { name role } }')).toBe(
      '{"data":{"viewer":{"name":"anne","role":"ADMIN"}}}',
    )
    expect(await execute('{ country(name: "France") { name } }')).toBe(
      '{"data":{"country":{"name":"France"}}}',
    )
  })
})

describe('a reader thread', () => {
  it('that dies fails its query, and is replaced for the next one', async () => {
    const { execute } = await misbehaving()
    await expect(execute('dead')).rejects.toThrow('The thread fell over.')
    expect(await execute('well')).toEqual({ data: { is: 'well' } })
  })

  it('that continues an aborted query for too long is replaced', async () => {
    const { execute } = await misbehaving()
    const ending = new AbortController()
    const stuck = execute('stuck', ending.signal)
    await hasBegun()
    ending.abort()
    await expect(stuck).rejects.toThrow('was ended')
    expect(await execute('well')).toEqual({ data: { is: 'well' } })
  })

  it('starts no query that was aborted', async () => {
    const { execute } = await misbehaving()
    await expect(execute('dead', AbortSignal.abort(new Error('left')))).rejects.toThrow('left')
  })

  it('is kept for the next query, and ends when it had none for a while', async () => {
    const started = startedThreads()
    const { execute } = await misbehaving()
    await execute('well')
    await execute('well')
    expect(started.length).toBe(1)
    const { execute: executeElsewhere } = await misbehaving({ keepMs: 1 })
    await executeElsewhere('well')
    const [, unused] = started
    if (unused === undefined) throw new Error('There is no second thread.')
    await unused.hasEnded
    expect(await executeElsewhere('well')).toEqual({ data: { is: 'well' } })
    expect(started.length).toBe(3)
  })

  it('ends with the readers, which are closed once', async () => {
    const { readers, execute } = await misbehaving()
    const stuck = expect(execute('stuck')).rejects.toThrow('was ended')
    await hasBegun()
    await Promise.all([readers.close(), readers.close(), stuck])
    await expect(execute('well')).rejects.toThrow('closed')
  })
})

describe('an error that comes from a reader thread', () => {
  it('is masked like any other', () => {
    const source = parse('{ a { b } }').loc?.source
    const original = new RollcallError('NOT_FOUND', 'There is none.')
    const error = new GraphQLError('There is none.', {
      path: ['a', 0],
      positions: [4],
      source,
      originalError: original,
    })
    const bug = new GraphQLError('oops', {
      path: ['a'],
      positions: [2],
      source,
      originalError: new TypeError('oops'),
    })
    const cause = new RollcallError('DATABASE_UNAVAILABLE', 'The database /a/path is locked.', {
      publicMessage: 'The database is locked.',
    })
    const unavailable = new GraphQLError(cause.message, { path: ['a'], originalError: cause })
    const refused = new GraphQLError('no', {
      extensions: { code: 'QUERY_TOO_COMPLEX', http: { status: 400 } },
    })
    const masked = [error, bug, unavailable, refused].map((each) => {
      const there = fromPlainError(structuredClone(toPlainError(each)), source)
      return [there, each].map((one) => withoutId(maskError(one, silentLogger)))
    })
    for (const [there, here] of masked) expect(there).toBe(here)
    expect(masked.map(([there]) => JSON.parse(there ?? '').extensions.code)).toEqual([
      'NOT_FOUND',
      'INTERNAL_SERVER_ERROR',
      'UNAVAILABLE',
      'QUERY_TOO_COMPLEX',
    ])
    expect(JSON.stringify(masked)).not.toContain('/a/path')
  })
})

function newReaders(settings: ReaderSettings): Readers {
  const readers = new Readers({ settings, threads: 1, log: silentLogger })
  onTestFinished(() => readers.close())
  return readers
}

async function misbehaving(given: { keepMs?: number } = {}) {
  const { newContext, settings } = await probedInventory()
  const options = { settings, threads: 1, log: silentLogger, overrunMs: 1, threadFile: MISBEHAVING, ...given }
  const readers = new Readers(options)
  onTestFinished(() => readers.close())
  const document = parse('{ __typename }')
  return {
    readers,
    execute: async (be: string, signal = never) => {
      const result = await readers.execute(
        { schema, document, variableValues: { be }, contextValue: newContext() },
        signal,
      )
      return { ...result }
    },
  }
}

/** What goes before a query is sent to its thread waits for nothing but promises. */
function hasBegun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** As a client is shown it. */
function shownOf({ data, errors }: ExecutionResult): string {
  const masked = errors?.map((error) => maskError(error, silentLogger) as GraphQLError)
  return textOf({ ...(data !== undefined && { data }), ...(masked && { errors: masked }) })
}

function isQueryDefinition(definition: { kind: Kind }): definition is OperationDefinitionNode {
  return (
    definition.kind === Kind.OPERATION_DEFINITION &&
    (definition as OperationDefinitionNode).operation === OperationTypeNode.QUERY
  )
}

function withoutId(error: Error): string {
  return JSON.stringify(error).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
}
