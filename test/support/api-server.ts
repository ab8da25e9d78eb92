import { onTestFinished } from 'vitest'
import type { ApiServices } from '../../src/api/context.ts'
import { type ApiServer, startApiServer } from '../../src/api/server.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { createLogger } from '../../src/base/log.ts'
import type { Config } from '../../src/config/schema.ts'
import type { InventoryRecord } from '../../src/inventory/record.ts'
import { RefreshService } from '../../src/refresh/refresh-service.ts'
import type { RegionLoad } from '../../src/refresh/remote/regional-probing.ts'
import type { InventorySource } from '../../src/sources/source.ts'
import type { ProcessRow } from '../../src/store/process-store.ts'
import type { Store } from '../../src/store/store.ts'
import { newStore, sync } from '../store/support/fixture.ts'
import { defaultConfig } from './default-config.ts'
import { patientProbe } from './patient-probe.ts'

/** Epoch milliseconds at which every API of the tests says that it was started. */
export const STARTED_AT = Date.UTC(2026, 4, 3, 23, 19, 4, 120)

/** The process that every API of the tests says that it is. */
export const ONLY_PROCESS: ProcessRow = {
  name: 'host-a:17',
  role: 'ALL',
  regions: [],
  version: '1.2.3',
  startedAt: STARTED_AT,
  lastSeenAt: STARTED_AT + 2_000,
  active: true,
  probesInFlight: 3,
  concurrency: null,
}

export interface RunningApi {
  server: ApiServer
  store: Store
  services: ApiServices
  /** Of the database. */
  path: string
  refreshes: RefreshService
  /** Where GraphQL is. */
  url: string
  /** The SQL of every statement since the server was started. */
  statements: string[]
  /** The lines of its log. */
  logged: Record<string, unknown>[]
}

/** An API over these records, in a new database; closed with the test. */
export async function startApi(
  records: readonly InventoryRecord[],
  options: {
    credentials?: Config['credentials']
    sources?: readonly InventorySource[]
    timeoutMs?: number
    concurrency?: number
    clock?: Clock
    server?: Partial<Config['server']>
    maxConnections?: number
    /** The folder of a built console; by default there is none. */
    console?: string
    persistedOperations?: Partial<Config['persistedOperations']>
    limits?: Partial<Config['limits']>
    auth?: Config['auth']
    /** Threads for large queries; by default these run on the API's thread, where `statements` sees them. */
    readers?: { threads: number; threadFile?: URL }
    /** The load of regions with probers of their own; by default there are none. */
    regions?: RegionLoad[]
    /** By default `STARTED_AT`. */
    startedAt?: number
  } = {},
): Promise<RunningApi> {
  const { clock = systemClock } = options
  const { store, database: path, statements } = await newStore()
  if (records.length > 0) await sync(store, [...records])
  const logged: Record<string, unknown>[] = []
  const log = createLogger({
    level: 'info',
    destination: { write: (line) => void logged.push(JSON.parse(line)) },
  })
  const config = defaultConfig({
    server: { port: 0, ...options.server },
    persistedOperations: { ...options.persistedOperations },
    limits: { ...options.limits },
    auth: options.auth ?? { mode: 'none' },
    credentials: options.credentials ?? [],
    probe: { timeoutMs: options.timeoutMs ?? 10_000 },
    throttle: { coolDownMs: 0, concurrency: options.concurrency ?? 200 },
  })
  const { sources = [] } = options
  const refreshes = new RefreshService({ config, store, sources, probe: patientProbe, clock, log })
  const facts = {
    version: '1.2.3',
    startedAt: options.startedAt ?? STARTED_AT,
    requiredCapabilities: ['urn:example:required'],
    everyMs: config.schedule.everyMs,
  }
  const services: ApiServices = {
    store,
    refreshes,
    clock,
    gateway: {
      ...facts,
      nextScheduledRefreshAt: () => null,
      scheduledFrom: () => null,
      probePool: () => ({ workers: 0, inFlight: 0, replaced: 0 }),
      regions: () => options.regions ?? [],
      processes: () => [ONLY_PROCESS],
      hasEngine: () => true,
      isAlone: true,
    },
  }
  const server = await startApiServer({
    ...config.server,
    console: options.console ?? null,
    maxConnections: options.maxConnections ?? 10_000,
    persistedOperations: config.persistedOperations,
    limits: config.limits,
    auth: config.auth,
    log,
    readers: options.readers ? { ...options.readers, settings: { database: path, gateway: facts } } : null,
    services,
  })
  onTestFinished(async () => {
    await server.close()
    // A refresh that a test leaves under way would have five seconds to end.
    const under = await store.refreshes.unfinished().catch(() => [])
    await Promise.all(under.map(({ id }) => refreshes.cancel(id)))
    await refreshes.close()
  })
  statements.length = 0
  return { server, store, services, path, refreshes, url: `${server.url}/graphql`, statements, logged }
}
