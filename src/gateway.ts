import { type Clock, systemClock } from './base/clock.ts'
import { type Closable, CloseStack } from './base/close.ts'
import type { Logger } from './base/log.ts'
import { VERSION } from './base/version.ts'
import type { Config } from './config/schema.ts'
import { describeRequirement } from './netconf/capabilities.ts'
import { probe } from './netconf/probe.ts'
import { RefreshService } from './refresh/refresh-service.ts'
import { Schedule } from './refresh/schedule.ts'
import { EVERYTHING } from './refresh/scope.ts'
import { createSource } from './sources/create-source.ts'
import { holdDatabase } from './store/sqlite.ts'
import { openStore, type Store } from './store/store.ts'

export interface GatewayOptions {
  config: Config
  log: Logger
}

/** The store and the refreshes over it, without a server: what a command needs that runs once. */
export interface Engine extends Closable {
  readonly store: Store
  readonly refreshes: RefreshService
}

/** A running gateway. `close` ends it in order: requests, schedule, probes (5 s), subscriptions, database. */
export interface Gateway extends Engine {
  /** Where the API is: `http://127.0.0.1:4000`. */
  readonly url: string
}

/** Rejects with a RollcallError where the database cannot be used. */
export async function openEngine(options: GatewayOptions): Promise<Engine> {
  const { store, refreshes } = await createEngine(options, systemClock)
  const stack = new CloseStack()
  stack.own(store)
  stack.own(refreshes)
  return { store, refreshes, close: () => stack.close() }
}

/** Rejects with a RollcallError where the database cannot be used or the address cannot be listened on. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log } = options
  const clock = systemClock
  const stack = new CloseStack()
  try {
    const { store, refreshes } = await createEngine(options, clock)
    stack.own(store)
    stack.own(holdDatabase(config.database))
    // Not loaded by the commands that serve nothing.
    const { startApiServer } = await import('./api/server.ts')
    let schedule: Schedule | undefined
    const server = stack.own(
      await startApiServer({
        ...config.server,
        log,
        services: {
          store,
          refreshes,
          clock,
          gateway: {
            version: VERSION,
            startedAt: clock.now(),
            requiredCapabilities: config.probe.requiredCapabilities.map(({ requirement }) =>
              describeRequirement(requirement),
            ),
            nextScheduledRefreshAt: () => schedule?.nextAt ?? null,
          },
        },
      }),
    )
    // The server outlives the refreshes, so that subscriptions learn how these ended.
    stack.own(refreshes)
    stack.defer(() => server.stopListening())
    await refreshes.resume()
    schedule = stack.own(startSchedule(config, refreshes, clock, log))
    log.info({ url: server.url, version: VERSION }, 'gateway is up')
    return { url: server.url, store, refreshes, close: () => stack.close() }
  } catch (failure) {
    await stack.close()
    throw failure
  }
}

async function createEngine({ config, log }: GatewayOptions, clock: Clock) {
  const store = await openStore({ path: config.database, log })
  const sources = config.sources.map((source) => createSource(source, { defaultPort: config.probe.port }))
  const refreshes = new RefreshService({ config, store, sources, probe, clock, log })
  return { store, refreshes }
}

function startSchedule(config: Config, refreshes: RefreshService, clock: Clock, log: Logger): Schedule {
  const refreshEverything = (trigger: 'SCHEDULE' | 'STARTUP') => {
    refreshes
      .request({ trigger, requestedBy: null, scope: EVERYTHING, sync: true, force: false })
      .catch((failure: unknown) => log.error({ err: failure }, 'the scheduled refresh could not be started'))
  }
  if (config.schedule.onStart) refreshEverything('STARTUP')
  return new Schedule({
    clock,
    everyMs: config.schedule.everyMs,
    run: () => refreshEverything('SCHEDULE'),
  })
}
