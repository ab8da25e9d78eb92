import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Config, Credential } from '../config/schema.ts'
import type { Store } from '../store/store.ts'
import { Activity } from './activity.ts'
import { ConcurrentProbes } from './concurrent-probes.ts'
import { CredentialGuard } from './credential-guard.ts'
import type { RefreshEvents } from './events.ts'
import { Holds } from './holds.ts'
import { KnownHostsFile } from './host-keys.ts'
import type { SyncSummary } from './inventory/sync.ts'
import { WriteRetry } from './inventory/write-retry.ts'
import { type ProbedDevice, ProbeTasks } from './probe-tasks.ts'
import { type HoldSettings, holdSettings } from './refresh-snapshot.ts'
import type { RegionLimits } from './remote/regional-probing.ts'
import type { ProbingContext, TargetJob } from './target-probing.ts'
import { Throttle } from './throttle/throttle.ts'

/** The parts that all runs share. */
export interface RunContext extends ProbingContext {
  store: Store
  events: RefreshEvents
  writeRetry: WriteRetry
  /** Counts what all runs have done. */
  activity: Activity
  sync: (signal: AbortSignal) => Promise<SyncSummary>
  holdSettings: HoldSettings
  /** The present login of each credential that this process has had, by name. */
  logins: Map<string, Credential>
  /** The interval of the schedule. No refresh and no back-off lasts longer. */
  intervalMs: number
  hostKeys: Config['probe']['hostKeys']
  /** Null if host keys are not checked against a file. */
  knownHostsFile: KnownHostsFile | null
}

export interface RunContextOptions {
  config: Pick<Config, 'credentials' | 'notify' | 'probe' | 'schedule' | 'sources' | 'throttle'>
  store: Store
  probe: RunContext['probe']
  /** The limits of regions; null if the configuration has none. Default: null. */
  regions?: RegionLimits<ProbedDevice> | null
  /** Returns whether the probes in flight are as many as the processor can do. Default: never. */
  isBusy?: () => boolean
  clock: Clock
  log: Logger
  /** Whether another process did the same until now. Default: false. */
  isTakeover?: boolean
}

export function createRunContext(
  { config, store, probe, regions = null, isBusy, clock, log, isTakeover = false }: RunContextOptions,
  service: {
    events: RefreshEvents
    sync: RunContext['sync']
    /** Called with the name of a credential that has just been suspended, and how often it was rejected. */
    onSuspended: (credential: string, rejections: number) => void
    /** Called when writes to the database start to fail, and when they succeed again. */
    onPause: () => void
  },
): RunContext {
  const { events, sync, onSuspended, onPause } = service
  const { knownHostsFile } = config.probe
  const logins = new Map<string, Credential>()
  const guard = new CredentialGuard({
    names: config.credentials.map(({ name }) => name),
    suspendAfter: config.throttle.suspendCredentialAfter,
    store,
    clock,
    log,
    isTakeover,
    onSuspended,
  })
  const throttle = new Throttle<TargetJob>({
    ...config.throttle,
    clock,
    credentialLimit: (name) => guard.limitOf(name),
    ...(isBusy && { isBusy }),
    ...(regions && { regionLimit: (region) => regions.limitOf(region) }),
  })
  regions?.onChange(() => throttle.wake())
  const writeRetry = new WriteRetry({
    clock,
    log,
    onChange: (isPaused) => {
      // Without a database, the results of further probes could not be kept.
      if (isPaused) throttle.pause()
      else throttle.resume()
      onPause()
    },
  })
  return {
    store,
    events,
    throttle,
    guard,
    logins,
    concurrentProbes: new ConcurrentProbes(),
    writeRetry,
    activity: new Activity(),
    probe,
    regionOf: (device) => regions?.of(device) ?? 'local',
    sync,
    clock,
    log,
    knownHostsFile: knownHostsFile === null ? null : new KnownHostsFile(knownHostsFile),
    ...settingsOf(config, guard, logins),
  }
}

/**
 * Returns a context for the refreshes that start from now on, after a change of the configuration. Refreshes
 * that run keep theirs, but share the throttle and the credentials' states with it, and log in with the
 * present secrets of their credentials.
 */
export function changedContext(context: RunContext, config: RunContextOptions['config']): RunContext {
  const { guard, throttle, logins } = context
  const newLogins = config.credentials.filter((now) => {
    const before = logins.get(now.name)
    return before !== undefined && !isSameLogin(before, now)
  })
  guard.change({
    names: config.credentials.map(({ name }) => name),
    newLogins: newLogins.map(({ name }) => name),
    suspendAfter: config.throttle.suspendCredentialAfter,
  })
  const changed = { ...context, ...settingsOf(config, guard, logins) }
  throttle.change(config.throttle)
  return changed
}

/** The parts that a change of the configuration replaces. */
function settingsOf(
  config: RunContextOptions['config'],
  guard: CredentialGuard,
  logins: Map<string, Credential>,
) {
  for (const credential of config.credentials) logins.set(credential.name, credential)
  const tasks = new ProbeTasks(config, (credential) => logins.get(credential.name) ?? credential)
  return {
    tasks,
    holds: new Holds(tasks, guard, config.schedule.everyMs),
    holdSettings: holdSettings(config),
    coolDownMs: config.throttle.coolDownMs,
    retries: config.throttle.retries,
    timeoutMs: config.probe.timeoutMs,
    intervalMs: config.schedule.everyMs,
    hostKeys: config.probe.hostKeys,
  }
}

function isSameLogin(one: Credential, other: Credential): boolean {
  return (
    one.username === other.username && one.password === other.password && one.privateKey === other.privateKey
  )
}
