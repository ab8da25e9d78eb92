import type { Clock } from '../base/clock.ts'
import type { Closable } from '../base/close.ts'
import { RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { SerialQueue } from '../base/serial-queue.ts'
import type { Config } from '../config/schema.ts'
import type { ProbeReport, ProbeTask } from '../netconf/probe-report.ts'
import type { InventorySource } from '../sources/source.ts'
import type { RefreshRow, RefreshScope, RefreshTrigger } from '../store/refresh-store.ts'
import type { Store } from '../store/store.ts'
import { RefreshEvents } from './events.ts'
import { KnownHostsFile } from './known-hosts-file.ts'
import { type ProbedDevice, type ProbeHold, ProbeTasks } from './probe-tasks.ts'
import { progressOf, type RefreshProgress } from './progress.ts'
import { RefreshRun, type RunContext } from './refresh-run.ts'
import { scopeCovers } from './scope.ts'
import { type SyncSummary, syncAll } from './sync.ts'
import { type BudgetState, Throttle } from './throttle.ts'
import { trustHostKey } from './trust-host-key.ts'

/** How long probes in flight may go on once the service closes. */
const CLOSE_GRACE_MS = 5_000

export interface RefreshRequest {
  trigger: RefreshTrigger
  /** Who asked; null where nobody did. */
  requestedBy: string | null
  /** Empty lists: everything. */
  scope: RefreshScope
  /** Whether to fetch the inventory first. */
  sync: boolean
  /** Whether to probe devices that were probed within the cool-down as well. */
  force: boolean
}

export interface RefreshRequested {
  refresh: RefreshRow
  /** False where a refresh that covers the scope was under way already: that one is `refresh`. */
  started: boolean
}

/**
 * Takes requests for refreshes, runs them within one throttle, and tells how they stand. `close` ends what runs:
 * what then has no result yet is taken up by `resume` at the next start.
 */
export class RefreshService implements Closable {
  readonly events = new RefreshEvents()
  readonly #store: Store
  readonly #sources: readonly InventorySource[]
  readonly #clock: Clock
  readonly #log: Logger
  readonly #context: RunContext
  readonly #throttle: Throttle
  readonly #tasks: ProbeTasks
  readonly #runs = new Map<number, RefreshRun>()
  /** Two equal requests that come together must find each other. */
  readonly #requests = new SerialQueue()
  readonly #syncs = new SerialQueue()
  #closed: Promise<void> | undefined

  constructor(options: {
    config: Pick<Config, 'credentials' | 'probe' | 'throttle'>
    store: Store
    sources: readonly InventorySource[]
    probe: (task: ProbeTask, signal: AbortSignal) => Promise<ProbeReport>
    clock: Clock
    log: Logger
  }) {
    this.#store = options.store
    this.#sources = options.sources
    this.#clock = options.clock
    this.#log = options.log
    this.#throttle = new Throttle(options.config.throttle)
    this.#tasks = new ProbeTasks(options.config)
    const { hostKeys, knownHostsFile } = options.config.probe
    this.#context = {
      store: this.#store,
      events: this.events,
      throttle: this.#throttle,
      tasks: this.#tasks,
      probe: options.probe,
      sync: (signal) => this.sync(signal),
      clock: this.#clock,
      log: this.#log,
      coolDownMs: options.config.throttle.coolDownMs,
      hostKeys,
      knownHostsFile: knownHostsFile === null ? null : new KnownHostsFile(knownHostsFile),
    }
  }

  /**
   * Starts a refresh, or finds the one under way that does what is asked. Rejects with NOT_FOUND where the scope
   * names an id that there is not, and with CONFLICT once the service closes.
   */
  request(request: RefreshRequest): Promise<RefreshRequested> {
    return this.#requests.run(async () => {
      if (this.#closed) throw new RollcallError('CONFLICT', 'Rollcall is stopping; ask again once it runs.')
      const places = await this.#placesOf(request.scope)
      for (const run of this.#runs.values()) {
        const { scope, sync, force } = run.row
        const doesAsMuch = (sync || !request.sync) && (force || !request.force)
        if (run.takesRequests && doesAsMuch && scopeCovers(scope, request.scope, places))
          return { refresh: run.row, started: false }
      }
      const row = await this.#store.refreshes.create({ ...request, at: this.#clock.now() })
      this.#start(row)
      return { refresh: row, started: true }
    })
  }

  /** Fetches every source and applies what changed. Of two syncs at once the second waits for the first. */
  sync(signal: AbortSignal): Promise<SyncSummary> {
    return this.#syncs.run(async () => {
      signal.throwIfAborted()
      return syncAll(this.#sources, {
        store: this.#store,
        log: this.#log,
        now: () => this.#clock.now(),
        signal,
      })
    })
  }

  /** Cancels a refresh and resolves with its last row; one that has ended is left as it is. Rejects with NOT_FOUND. */
  async cancel(id: number): Promise<RefreshRow> {
    const run = this.#runs.get(id)
    if (run) {
      run.cancel()
      return run.ended
    }
    const [row] = await this.#store.refreshes.byIds([id])
    if (!row) throw new RollcallError('NOT_FOUND', 'There is no refresh with this id.')
    return row
  }

  /** Takes up every refresh that a former process left unfinished. */
  resume(): Promise<void> {
    return this.#requests.run(async () => {
      if (this.#closed) return
      for (const row of await this.#store.refreshes.unfinished()) {
        if (this.#runs.has(row.id)) continue
        this.#log.info({ refreshId: row.id }, 'refresh taken up again')
        this.#start(row)
      }
    })
  }

  /** Resolves with the last row of a refresh that runs here once it has ended; at once with the given one otherwise. */
  async ended(row: RefreshRow): Promise<RefreshRow> {
    return (await this.#runs.get(row.id)?.ended) ?? row
  }

  /** Whether this process is working on the refresh. */
  isRunning(id: number): boolean {
    return this.#runs.has(id)
  }

  /** How far the refresh has come: for one that runs here as of now, else as of the row. */
  progress(row: RefreshRow): RefreshProgress {
    const run = this.#runs.get(row.id)
    return progressOf(run?.row ?? row, run?.live, this.#clock.now())
  }

  /** Why a device is not being probed, null where nothing holds it back. */
  holdOf(device: ProbedDevice & { lifecycle: string }): ProbeHold | null {
    if (device.lifecycle !== 'ACTIVE') return 'DECOMMISSIONED'
    return this.#tasks.holdOf(device)
  }

  /**
   * Trusts the host key that a device offered in place of the one it was known by, so that it is probed again.
   * Rejects with NOT_FOUND, with CONFLICT where there is none to trust, with BAD_USER_INPUT for another fingerprint.
   */
  async trustHostKey(key: { deviceId: number; fingerprint: string }): Promise<void> {
    await trustHostKey(this.#store, this.#context.knownHostsFile, key)
    this.#log.info(key, 'host key trusted')
  }

  budgets(): BudgetState[] {
    return this.#throttle.budgets()
  }

  close(): Promise<void> {
    this.#closed ??= this.#endRuns()
    return this.#closed
  }

  async #endRuns(): Promise<void> {
    await this.#requests.idle()
    const runs = [...this.#runs.values()]
    for (const run of runs) run.interrupt(CLOSE_GRACE_MS)
    await Promise.all(runs.map((run) => run.ended))
  }

  #start(row: RefreshRow): void {
    const run = new RefreshRun(row, this.#context)
    this.#runs.set(row.id, run)
    this.#log.info({ refreshId: row.id, trigger: row.trigger }, 'refresh started')
    void run.ended.then((ended) => {
      // Whoever hears of the end must not find the refresh running.
      this.#runs.delete(row.id)
      this.events.announce({ kind: 'state', refresh: ended })
      const { state, total, outcomeCounts, error } = ended
      const durationMs = this.#clock.now() - row.createdAt
      this.#log.info({ refreshId: row.id, state, total, outcomeCounts, error, durationMs }, 'refresh ended')
    })
  }

  /** Where the named sites and devices lie; NOT_FOUND for an id that there is not. */
  async #placesOf(scope: RefreshScope) {
    const { inventory, devices } = this.#store
    const deviceRows = await devices.byIds(scope.deviceIds)
    const siteRows = await inventory.sitesByIds([
      ...scope.siteIds,
      ...deviceRows.map((device) => device.siteId),
    ])
    const countryRows = await inventory.countriesByIds(scope.countryIds)
    const siteIds = new Set(siteRows.map((site) => site.id))
    expectAll('country', scope.countryIds, new Set(countryRows.map((country) => country.id)))
    expectAll('site', scope.siteIds, siteIds)
    expectAll('device', scope.deviceIds, new Set(deviceRows.map((device) => device.id)))
    return {
      countryOfSite: new Map(siteRows.map((site) => [site.id, site.countryId])),
      siteOfDevice: new Map(deviceRows.map((device) => [device.id, device.siteId])),
    }
  }
}

function expectAll(kind: string, asked: readonly number[], found: ReadonlySet<number>): void {
  const missing = asked.filter((id) => !found.has(id)).length
  if (missing === 0) return
  throw new RollcallError(
    'NOT_FOUND',
    `${missing} of the ${kind} ids in the scope name no ${kind}; nothing was started.`,
  )
}
