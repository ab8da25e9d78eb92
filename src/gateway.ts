import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { ApiServices } from './api/context.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { type Closable, CloseStack } from './base/close.ts'
import type { Logger } from './base/log.ts'
import { openFileLimit, shareOpenFiles } from './base/open-files.ts'
import { VERSION } from './base/version.ts'
import { isPostgresUrl } from './config/postgres-url.ts'
import type { Config } from './config/schema.ts'
import { describeRequirement } from './netconf/protocol/capabilities.ts'
import { ProbePool } from './refresh/pool/probe-pool.ts'
import { CredentialChoice, type ProbedDevice } from './refresh/probe-tasks.ts'
import { ProcessRegistry } from './refresh/process-registry.ts'
import { RefreshService } from './refresh/refresh-service.ts'
import { holdSettings } from './refresh/refresh-snapshot.ts'
import { RegionalProbing } from './refresh/remote/regional-probing.ts'
import { Retention } from './refresh/retention.ts'
import { Schedule } from './refresh/schedule.ts'
import { EVERYTHING } from './refresh/scope.ts'
import { createSource } from './sources/create-source.ts'
import type { ProcessRow } from './store/process-store.ts'
import { openStore, type Store } from './store/store.ts'

/** The most connections, which include WebSockets and subscriptions over server-sent events. */
const MAX_CONNECTIONS = 10_000
const MIN_CONNECTIONS = 32

/** The folder into which `npm run build:console` writes the web page. */
const CONSOLE_FOLDER = fileURLToPath(new URL('../dist/console', import.meta.url))

/** A reader thread takes about 50 MB of memory from its first query on. */
const MAX_READER_THREADS = 4

export interface GatewayOptions {
  config: Config
  log: Logger
}

/** The store and the refreshes over it, without a server, for commands that run once. */
export interface Engine extends Closable {
  readonly store: Store
  readonly refreshes: RefreshService
  /** The services that the API calls. */
  readonly services: ApiServices
}

/**
 * A running gateway. `close` ends its parts in order: schedule, new requests, probes (5 s), subscriptions,
 * threads, database.
 */
export interface Gateway extends Engine {
  /** The address of the API: `http://127.0.0.1:4000`. */
  readonly url: string
}

/**
 * Opens the store and the refreshes over it. Rejects with a RollcallError if the database cannot be used.
 *
 * With `besideGateway`, the database is not locked, and a gateway may use it at the same time. The caller
 * must then probe nothing: both processes would resume each other's refreshes, and each would count failures
 * and rejected logins alone. A sync is safe, because it compares and changes the database in one transaction.
 */
export async function openEngine({
  besideGateway = false,
  ...options
}: GatewayOptions & { besideGateway?: boolean }): Promise<Engine> {
  const stack = new CloseStack()
  try {
    const config = besideGateway ? options.config : withinOpenFiles(options, NO_CONNECTIONS).config
    const { store, pool, probing, refreshes, servicesWith } = await createEngine(
      { ...options, config },
      systemClock,
    )
    stack.own(store)
    stack.own(pool)
    if (!besideGateway) {
      stack.own(await store.lock())
      stack.own(probing)
      await probing.start()
    }
    stack.own(refreshes)
    const services = servicesWith({ schedule: () => undefined, processes: () => [] })
    return { store, refreshes, services, close: () => stack.close() }
  } catch (failure) {
    await stack.close()
    throw failure
  }
}

/** Rejects with a RollcallError if the database cannot be used or the server cannot listen on its address. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log } = options
  const clock = systemClock
  const stack = new CloseStack()
  try {
    const { config, connections } = withinOpenFiles(options, {
      connections: MAX_CONNECTIONS,
      minConnections: MIN_CONNECTIONS,
      readers: readerThreads(),
    })
    const { store, pool, probing, refreshes, facts, servicesWith } = await createEngine(
      { config, log },
      clock,
    )
    stack.own(store)
    stack.own(pool)
    stack.own(await store.lock())
    stack.own(probing)
    await probing.start()
    stack.own(new Retention({ store, clock, log, keep: config.retention }))
    // Loaded here, because commands that serve nothing do without it.
    const { startApiServer } = await import('./api/server.ts')
    const registry = stack.own(
      await ProcessRegistry.join({
        processes: isPostgresUrl(config.database) ? store.processes : null,
        role: 'ALL',
        isActive: () => true,
        probesInFlight: () => pool.stats().inFlight,
        clock,
        log,
      }),
    )
    let schedule: Schedule | undefined
    const services = servicesWith({ schedule: () => schedule, processes: () => registry.all() })
    const server = stack.own(
      await startApiServer({
        ...config.server,
        console: config.server.console ? CONSOLE_FOLDER : null,
        maxConnections: connections,
        persistedOperations: config.persistedOperations,
        auth: config.auth,
        limits: config.limits,
        readers: {
          settings: {
            database: config.database,
            postgres: config.postgres,
            holds: holdSettings(config),
            gateway: facts,
          },
          threads: readerThreads(),
        },
        log,
        services,
      }),
    )
    // The server outlives the refreshes, so that subscriptions learn how these ended.
    stack.own(refreshes)
    stack.defer(() => server.stopListening())
    await refreshes.resume()
    schedule = stack.own(await startSchedule(config, { store, refreshes, clock, log }))
    log.info({ url: server.url, version: VERSION }, 'gateway is up')
    return { url: server.url, store, refreshes, services, close: () => stack.close() }
  } catch (failure) {
    await stack.close()
    throw failure
  }
}

const NO_CONNECTIONS = { connections: 0, minConnections: 0, readers: 0 }

/**
 * Shares the limit of open files between connections and probes. Returns the configuration, with no more
 * probes at once than that allows, and the number of connections. Throws a RollcallError if the limit is too
 * low.
 */
function withinOpenFiles(
  { config, log }: GatewayOptions,
  { readers, ...needs }: { connections: number; minConnections: number; readers: number },
): { config: Config; connections: number } {
  const { probes, connections, warning } = shareOpenFiles(openFileLimit(), {
    ...needs,
    threads: config.workers + readers,
    probes: config.throttle.concurrency,
  })
  if (warning !== null) log.warn(warning)
  return { config: { ...config, throttle: { ...config.throttle, concurrency: probes } }, connections }
}

/** Leaves one core to the thread of the API. */
function readerThreads(): number {
  return Math.min(MAX_READER_THREADS, Math.max(1, availableParallelism() - 1))
}

async function createEngine({ config, log }: GatewayOptions, clock: Clock) {
  const store = await openStore({ database: config.database, postgres: config.postgres, log })
  const sources = config.sources.map((source) => createSource(source, { defaultPort: config.probe.port }))
  const pool = new ProbePool({ workers: config.workers, log })
  const credentials = new CredentialChoice(config.credentials)
  const probing = new RegionalProbing<ProbedDevice>({
    config,
    local: (task, signal) => pool.probe(task, signal),
    credentialOf: (device) => credentials.for(device)?.name ?? null,
    clock,
    log,
  })
  const refreshes = new RefreshService({
    config,
    store,
    sources,
    probe: (task, signal, device) => probing.probe(task, signal, device),
    clock,
    log,
  })
  const facts = {
    version: VERSION,
    startedAt: clock.now(),
    requiredCapabilities: config.probe.requiredCapabilities.map(({ requirement }) =>
      describeRequirement(requirement),
    ),
    everyMs: config.schedule.everyMs,
  }
  const servicesWith = ({
    schedule,
    processes,
  }: {
    schedule: () => Schedule | undefined
    processes: () => ProcessRow[]
  }): ApiServices => ({
    store,
    refreshes,
    clock,
    gateway: {
      ...facts,
      nextScheduledRefreshAt: () => schedule()?.nextAt ?? null,
      scheduledFrom: (at) => schedule()?.nextFrom(at) ?? null,
      probePool: () => pool.stats(),
      processes,
    },
  })
  return { store, pool, probing, refreshes, facts, servicesWith }
}

async function startSchedule(
  config: Config,
  { store, refreshes, clock, log }: Pick<Engine, 'store' | 'refreshes'> & { clock: Clock; log: Logger },
): Promise<Schedule> {
  const { everyMs, onStart } = config.schedule
  const refreshEverything = (trigger: 'SCHEDULE' | 'STARTUP') => {
    refreshes
      .request({ trigger, requestedBy: null, scope: EVERYTHING, sync: true, force: false })
      .catch((failure: unknown) => log.error({ err: failure }, 'the scheduled refresh could not be started'))
  }
  if (onStart) refreshEverything('STARTUP')
  // Without a refresh on start, a refresh that fell due while Rollcall did not run starts now.
  const last = onStart ? null : await store.refreshes.lastCycle()
  return new Schedule({
    clock,
    everyMs,
    firstAt: Math.max(clock.now(), (last?.createdAt ?? clock.now()) + everyMs),
    run: () => refreshEverything('SCHEDULE'),
  })
}
