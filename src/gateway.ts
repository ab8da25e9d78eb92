import { join as joinPath } from 'node:path'
import type { ApiServices } from './api/context.ts'
import type { ApiServer } from './api/server.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { type Closable, type CloseStack, closable } from './base/close.ts'
import { RollcallError } from './base/errors.ts'
import type { Logger } from './base/log.ts'
import { PACKAGE_FOLDER } from './base/package-folder.ts'
import { VERSION } from './base/version.ts'
import { isPostgresUrl } from './config/postgres-url.ts'
import type { Config } from './config/schema.ts'
import { describeRequirement } from './netconf/protocol/capabilities.ts'
import type { EngineCandidate } from './refresh/cluster/engine-candidate.ts'
import { startEngineProcess } from './refresh/cluster/engine-process.ts'
import { ALONE, gatewayOfEngine } from './refresh/cluster/gateway-of-engine.ts'
import { RemoteRefreshes } from './refresh/cluster/remote-refreshes.ts'
import { startCycles } from './refresh/cycles.ts'
import { ProbePool } from './refresh/pool/probe-pool.ts'
import { CredentialChoice, type ProbedDevice } from './refresh/probe-tasks.ts'
import { ProcessRegistry } from './refresh/process-registry.ts'
import { RefreshService } from './refresh/refresh-service.ts'
import { holdSettings } from './refresh/refresh-snapshot.ts'
import type { Refreshes } from './refresh/refreshes.ts'
import { RegionalProbing } from './refresh/remote/regional-probing.ts'
import { Retention } from './refresh/retention.ts'
import type { Schedule } from './refresh/schedule.ts'
import {
  forClients,
  NO_CLIENTS,
  type OpenFileNeeds,
  readerThreads,
  withinOpenFiles,
} from './refresh/within-open-files.ts'
import { createSource } from './sources/create-source.ts'
import type { ProcessRole } from './store/process-store.ts'
import { openStore, type SharedDatabase, type Store } from './store/store.ts'

/** The folder into which `npm run build:console` writes the web page. */
const CONSOLE_FOLDER = joinPath(PACKAGE_FOLDER, 'dist/console')

export interface GatewayOptions {
  config: Config
  log: Logger
  /** The name of the process among those of the database. Default: the name of its host and its id. */
  name?: string
}

/** The store and the refreshes over it, without a server, for commands that run once. */
export interface Engine extends Closable {
  readonly store: Store
  readonly refreshes: RefreshService
  /** The services that the API calls. */
  readonly services: ApiServices
}

/** A running process whose configuration may change. */
export interface Changeable {
  /**
   * Follows a change of the sources, the credentials, the schedule and the throttle; what else has changed is
   * ignored. Refreshes that run are not disturbed.
   */
  change(config: Config): void
}

/** A running gateway. `close` ends its parts in order: see the function that has started it. */
export interface Gateway extends Closable, Changeable {
  readonly store: Store
  readonly refreshes: Refreshes
  /** The services that the API calls. */
  readonly services: ApiServices
  /** The address of the API: `http://127.0.0.1:4000`. */
  readonly url: string
  /** The address of the console: `http://127.0.0.1:4000/`; null if it is off or not built. */
  readonly consoleUrl: string | null
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
  return await closable(async (stack) => {
    const config = besideGateway ? options.config : withinOpenFiles(options, NO_CLIENTS).config
    const parts = await openParts({ ...options, config }, stack)
    const { store, pool, clock } = parts
    const probing = createProbing(parts)
    if (!besideGateway) {
      stack.own(await store.lock())
      stack.own(probing)
      await probing.start()
    }
    const refreshes = stack.own(createRefreshes(parts, probing))
    const gateway = {
      ...factsOf(parts),
      nextScheduledRefreshAt: () => null,
      scheduledFrom: () => null,
      probePool: () => pool.stats(),
      processes: () => [],
      ...ALONE,
    }
    return { store, refreshes, services: { store, refreshes, clock, gateway } }
  })
}

/**
 * Starts a process that does everything. On SQLite it is the only one. On PostgreSQL it works as the engine
 * if it is elected, and serves the API in any case. Rejects with a RollcallError if the database cannot be
 * used or the server cannot listen on its address.
 *
 * `close` ends, in this order, the schedule, new requests, probes (5 s), subscriptions, threads and the
 * database.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  return await closable(async (stack) => {
    const { config, connections } = withinOpenFiles(options, forClients())
    const parts = await openParts({ ...options, config }, stack)
    const { shared } = parts.store
    if (shared === null) return await startAlone(parts, connections, stack)
    let engine: EngineCandidate | undefined
    const registry = await join(parts, 'ALL', stack, () => engine?.isActive ?? false)
    const served = await serveForEngine(parts, shared, { registry, connections, stack })
    // The server outlives the engine, so that subscriptions learn what that has done.
    const candidate = await startCandidate(parts, shared, registry)
    engine = stack.own(candidate.engine)
    stack.defer(() => served.stopListening())
    const change = (changed: Config) => {
      served.change(changed)
      candidate.followConfig()
    }
    return { ...served, change }
  })
}

/** Starts a process that only serves the API, over PostgreSQL. Rejects as `startGateway` does. */
export async function startApiGateway(options: GatewayOptions): Promise<Gateway> {
  return await closable(async (stack) => {
    const { config, connections } = withinOpenFiles(
      { ...options, config: { ...options.config, workers: 0 } },
      forClients(),
    )
    const { parts, shared } = await openSharedParts({ ...options, config }, stack)
    const registry = await join(parts, 'API', stack)
    return await serveForEngine(parts, shared, { registry, connections, stack })
  })
}

/**
 * Starts a process that works as the engine if it is elected, over a database of PostgreSQL. Rejects with a
 * RollcallError if the database cannot be used.
 */
export async function startEngine(options: GatewayOptions): Promise<Closable & Changeable> {
  return await closable(async (stack) => {
    const { config } = withinOpenFiles(options, NO_CLIENTS)
    const { parts, shared } = await openSharedParts({ ...options, config }, stack)
    let engine: EngineCandidate | undefined
    const registry = await join(parts, 'ENGINE', stack, () => engine?.isActive ?? false)
    const candidate = await startCandidate(parts, shared, registry)
    engine = stack.own(candidate.engine)
    const change = (changed: Config) => {
      follow(parts, changed, NO_CLIENTS)
      candidate.followConfig()
    }
    return { change }
  })
}

/** What every kind of process has. */
interface Parts {
  /** Replaced by `follow`. */
  config: Config
  /** Those of the configuration. */
  credentials: CredentialChoice<Config['credentials'][number]>
  log: Logger
  name: string | undefined
  clock: Clock
  /** Epoch milliseconds. */
  startedAt: number
  store: Store
  pool: ProbePool
}

async function openParts({ config, log, name }: GatewayOptions, stack: CloseStack): Promise<Parts> {
  const clock = systemClock
  const startedAt = clock.now()
  const store = stack.own(await openStore({ ...config, log, recordsInThread: true }))
  // It starts its threads once they are needed.
  const pool = stack.own(new ProbePool({ workers: config.workers, log }))
  const credentials = new CredentialChoice(config.credentials)
  return { config, credentials, log, name, clock, startedAt, store, pool }
}

/** Takes over from a changed configuration what may change while the process runs. */
function follow(parts: Parts, changed: Config, needs: OpenFileNeeds): void {
  const { config, log } = parts
  const { sources, credentials, schedule, throttle } = withinOpenFiles(
    { config: { ...changed, workers: config.workers }, log },
    needs,
  ).config
  parts.config = { ...config, sources, credentials, schedule, throttle }
  parts.credentials = new CredentialChoice(credentials)
}

/** @throws RollcallError USAGE if only one process may use the database, before it is opened */
async function openSharedParts(options: GatewayOptions, stack: CloseStack) {
  const parts = isPostgresUrl(options.config.database) ? await openParts(options, stack) : null
  const shared = parts?.store.shared
  if (parts && shared) return { parts, shared }
  throw new RollcallError(
    'USAGE',
    'A SQLite file is for one process, `rollcall serve` without --role; for several, set `database` to the ' +
      'URL of a PostgreSQL database.',
  )
}

/** Starts the only process on a database. */
async function startAlone(
  parts: Parts,
  connections: number,
  stack: CloseStack,
): Promise<Served & Changeable> {
  const { config, store, pool, clock, log } = parts
  stack.own(await store.lock())
  const probing = stack.own(createProbing(parts))
  await probing.start()
  stack.own(new Retention({ store, clock, log, keep: config.retention }))
  const refreshes = createRefreshes(parts, probing)
  const registry = await join(parts, 'ALL', stack, () => true)
  let schedule: Schedule | undefined
  const services: ApiServices = {
    store,
    refreshes,
    clock,
    gateway: {
      ...factsOf(parts),
      get everyMs() {
        return parts.config.schedule.everyMs
      },
      nextScheduledRefreshAt: () => schedule?.nextAt ?? null,
      scheduledFrom: (at) => schedule?.nextFrom(at) ?? null,
      probePool: () => pool.stats(),
      processes: () => registry.all(),
      ...ALONE,
    },
  }
  const served = await serve(parts, services, { connections, stack })
  // The server outlives the refreshes, so that subscriptions learn how these ended.
  stack.own(refreshes)
  stack.defer(() => served.stopListening())
  await refreshes.resume()
  schedule = stack.own(await startCycles({ ...config.schedule, store, refreshes, clock, log }))
  const change = (changed: Config) => {
    follow(parts, changed, forClients())
    refreshes.change(parts.config, sourcesOf(parts.config))
    schedule?.change(parts.config.schedule.everyMs)
  }
  return { ...served, change }
}

/** Serves the API for an engine that is in this process or in another one. */
async function serveForEngine(
  parts: Parts,
  shared: SharedDatabase<Store>,
  { registry, ...own }: { registry: ProcessRegistry; connections: number; stack: CloseStack },
): Promise<Served & Changeable> {
  const { config, store, clock, log } = parts
  const refreshes = own.stack.own(
    await RemoteRefreshes.start({ store, shared, holds: holdSettings(config), clock, log }),
  )
  const gateway = gatewayOfEngine(factsOf(parts), refreshes, registry)
  const services: ApiServices = { store, refreshes, clock, gateway }
  const change = (changed: Config) => {
    follow(parts, changed, forClients())
    refreshes.change(holdSettings(parts.config))
    gateway.everyMs = parts.config.schedule.everyMs
  }
  return { ...(await serve(parts, services, own)), change }
}

/** Takes part in the election of the engine. */
async function startCandidate(
  parts: Parts,
  shared: SharedDatabase<Store>,
  registry: ProcessRegistry,
): ReturnType<typeof startEngineProcess> {
  const { pool, clock, log, startedAt } = parts
  return await startEngineProcess({
    shared,
    name: registry.name,
    config: () => parts.config,
    sourcesOf,
    createProbing: () => createProbing(parts),
    probePool: () => pool.stats(),
    isBusy: () => pool.isBusy(),
    onChange: () => void registry.tell(),
    startedAt,
    clock,
    log,
  })
}

/** Enters this process among those of the database. */
async function join(
  { store, pool, name, clock, log }: Parts,
  role: ProcessRole,
  stack: CloseStack,
  isActive = () => false,
): Promise<ProcessRegistry> {
  const processes = store.shared === null ? null : store.processes
  const probesInFlight = () => pool.stats().inFlight
  return stack.own(
    await ProcessRegistry.join({ processes, name, role, isActive, probesInFlight, clock, log }),
  )
}

/** A gateway that does not own its parts. */
type Served = Omit<Gateway, 'close' | 'change'> & Pick<ApiServer, 'stopListening'>

async function serve(
  { config, log }: Parts,
  services: ApiServices,
  { connections, stack }: { connections: number; stack: CloseStack },
): Promise<Served> {
  // Loaded here, because commands that serve nothing do without it.
  const { startApiServer } = await import('./api/server.ts')
  const { version, requiredCapabilities } = services.gateway
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
          gateway: { version, requiredCapabilities },
        },
        threads: readerThreads(),
      },
      log,
      services,
    }),
  )
  const { url, consoleUrl } = server
  log.info({ event: 'gateway.started', url, version: VERSION }, 'gateway is up')
  const { store, refreshes } = services
  return { url, consoleUrl, store, refreshes, services, stopListening: () => server.stopListening() }
}

/** Returns what probes devices in this process or by the probers of their regions; it is to be started. */
function createProbing(parts: Parts): RegionalProbing<ProbedDevice> {
  const { config, pool, clock, log } = parts
  return new RegionalProbing({
    config,
    local: (...probe) => pool.probe(...probe),
    credentialOf: (device) => parts.credentials.for(device)?.name ?? null,
    clock,
    log,
  })
}

function createRefreshes(
  { config, store, pool, clock, log }: Parts,
  probing: RegionalProbing<ProbedDevice>,
): RefreshService {
  return new RefreshService({
    config,
    store,
    sources: sourcesOf(config),
    probe: (...probe) => probing.probe(...probe),
    regions: probing.limits,
    isBusy: () => pool.isBusy(),
    clock,
    log,
  })
}

function sourcesOf({ sources, probe }: Config) {
  return sources.map((source) => createSource(source, { defaultPort: probe.port }))
}

/** Returns what the API says about the gateway itself. */
function factsOf({ config, startedAt }: Parts) {
  return {
    version: VERSION,
    startedAt,
    requiredCapabilities: config.probe.requiredCapabilities.map(({ requirement }) =>
      describeRequirement(requirement),
    ),
    everyMs: config.schedule.everyMs,
  }
}
