import { parentPort, workerData } from 'node:worker_threads'
import { type ExecutionArgs, parse } from 'graphql'
import { systemClock } from '../../base/clock.ts'
import { RefreshSnapshotView } from '../../refresh/refresh-snapshot.ts'
import type { Refreshes } from '../../refresh/refreshes.ts'
import { scheduledFrom } from '../../refresh/schedule.ts'
import { openStoreReader, type Store } from '../../store/store.ts'
import { type ApiServices, createContext, tracked } from '../context.ts'
import { CompiledQueries, createDocumentCaches } from '../execution/compiled-queries.ts'
import type { Feeds } from '../live/feeds.ts'
import { schema } from '../schema/schema.ts'
import {
  END,
  type ReaderAnswer,
  type ReaderData,
  type ReaderQuery,
  type ReaderSettings,
  toPlainError,
  writeAnswer,
} from './reader-messages.ts'

// The code of a reader thread, which runs one query at a time.

if (parentPort === null) throw new Error('This file is for a worker thread.')
const port = parentPort
// Only readers.ts starts this thread.
const data = workerData as ReaderData
const store = await openStoreReader(data)
const queries = new CompiledQueries(schema)
const { documentCache } = createDocumentCaches()

port.on('message', async (query: ReaderQuery | typeof END) => {
  if (query === END) {
    await store.close()
    port.close()
    return
  }
  const message = await answer(query)
  port.postMessage(message, message.json ? [message.json.buffer] : [])
})

async function answer(query: ReaderQuery): Promise<ReaderAnswer> {
  const services = servicesOf(
    data,
    query,
    tracked(store, () => throwIfGivenUp(query.id)),
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
  const { json, errors } = writeAnswer(await queries.execute(args))
  return {
    id: query.id,
    json,
    errors: errors.map(toPlainError),
    damage: store.health.problem()?.message ?? null,
  }
}

function documentOf(text: string) {
  const known = documentCache.get(text)
  if (known) return known
  const document = parse(text)
  documentCache.set(text, document)
  return document
}

/** Ends a query before its next read. No message arrives while the database is read. */
function throwIfGivenUp(id: number): void {
  if (Atomics.load(data.givenUp, 0) >= id) throw new Error('Nobody waits for the answer any more.')
}

/** Makes the services of a query from the store and the state that came with the query. */
function servicesOf({ gateway }: ReaderSettings, query: ReaderQuery, store: Store): ApiServices {
  const { everyMs, startedAt, nextScheduledRefreshAt: nextAt, processes } = query.gateway
  return {
    store,
    refreshes: forQueries<Refreshes>(new RefreshSnapshotView(query.refreshes, query.holds)),
    clock: { ...systemClock, now: () => query.refreshes.at },
    gateway: forQueries<ApiServices['gateway']>({
      ...gateway,
      everyMs,
      startedAt,
      nextScheduledRefreshAt: () => nextAt,
      scheduledFrom: (at) => (nextAt === null ? null : scheduledFrom(at, { nextAt, everyMs })),
      processes: () => processes,
    }),
  }
}

/** Stands in for feeds, which queries do not use. */
function noFeeds(): Feeds {
  return forQueries<Feeds>({})
}

/**
 * Stands in for a service of which queries use only this part. Reading any other part is a bug, since
 * mutations and subscriptions stay on the API's thread.
 */
function forQueries<Service extends object>(part: Partial<Service>): Service {
  return new Proxy(part, {
    get(target, name) {
      // Whether a value is a promise is asked of everything that a resolver returns.
      if (name === 'then') return undefined
      if (!(name in target)) throw new Error(`"${String(name)}" is not for queries.`)
      const value: unknown = Reflect.get(target, name, target)
      // Unbound, a method would look for its private fields in the proxy.
      return typeof value === 'function' ? value.bind(target) : value
    },
  }) as Service
}
