import { parentPort, workerData } from 'node:worker_threads'
import { type ExecutionArgs, parse } from 'graphql'
import { openStoreReader } from '../../store/store.ts'
import { createContext } from '../context.ts'
import { CompiledQueries } from '../execution/compiled-queries.ts'
import { createDocumentCaches } from '../limits/document-cache.ts'
import { schema } from '../schema/schema.ts'
import { watched } from '../watched.ts'
import { toPlainError } from './plain-errors.ts'
import type { ReaderAnswer, ReaderData, ReaderQuery } from './reader-messages.ts'
import { noFeeds, servicesOf } from './reader-services.ts'

// What a reader thread runs: one query at a time.

if (parentPort === null) throw new Error('This file is for a worker thread.')
const port = parentPort
// The other end is reader-thread-handle.ts alone.
const data = workerData as ReaderData
const store = openStoreReader(data.path)
const queries = new CompiledQueries(schema)
const { documentCache } = createDocumentCaches()

port.on('message', async (query: ReaderQuery) => port.postMessage(await answer(query)))

async function answer(query: ReaderQuery): Promise<ReaderAnswer> {
  const services = servicesOf(
    data,
    query,
    watched(store, () => throwIfGivenUp(query.id)),
  )
  const contextValue = createContext(services, noFeeds(), query.viewer)
  const args: ExecutionArgs = {
    schema,
    document: documentOf(query.text),
    operationName: query.operationName,
    variableValues: query.variables,
    ...(query.options && { options: query.options }),
    contextValue,
  }
  const result = await queries.execute(args)
  return {
    id: query.id,
    data: 'data' in result ? JSON.stringify(result.data) : undefined,
    errors: result.errors?.map(toPlainError) ?? [],
    damage: store.health.problem()?.message ?? null,
    isOfMoment: contextValue.moment.isToldOf,
  }
}

function documentOf(text: string) {
  const known = documentCache.get(text)
  if (known) return known
  const document = parse(text)
  documentCache.set(text, document)
  return document
}

/** Ends a query before its next read; no message arrives while the database is read. */
function throwIfGivenUp(id: number): void {
  if (Atomics.load(data.givenUp, 0) >= id) throw new Error('Nobody waits for the answer any more.')
}
