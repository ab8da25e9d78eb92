import type { Closable } from '../base/close.ts'
import { RollcallError } from '../base/errors.ts'
import { SerialQueue } from '../base/serial-queue.ts'
import type { TraceParent } from '../base/tracing.ts'
import { DEFAULT_CEILING } from '../config/source-schema.ts'
import type { InventorySource } from '../sources/source.ts'
import type { CredentialRow } from '../store/credential-store.ts'
import type { HoldConditions } from '../store/query/filters.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import type { ActivityCounts } from './activity.ts'
import { RefreshEvents } from './events.ts'
import type { HeldDevice, ProbeHold } from './holds.ts'
import { type OfferedKey, trustHostKey } from './host-keys.ts'
import { InventoryService } from './inventory/inventory-service.ts'
import type { BulkResult, LeftDevice } from './inventory/manual-devices.ts'
import type { SourceRules, SyncSummary } from './inventory/sync.ts'
import { Notifier } from './notifier.ts'
import type { ReceiverCounts } from './notify/webhooks.ts'
import { progressOf, type RefreshProgress } from './progress.ts'
import { createRetry, fulfilsRequest, type RefreshRequest, type RefreshRequested } from './refresh-request.ts'
import { RefreshRuns } from './refresh-runs.ts'
import { type HoldSettings, holdConditions, type RefreshSnapshot } from './refresh-snapshot.ts'
import type { Refreshes } from './refreshes.ts'
import { type ResumedCredential, resumeCredential } from './resume-credential.ts'
import { changedContext, createRunContext, type RunContext, type RunContextOptions } from './run-context.ts'
import { placesOf } from './scope.ts'
import type { BudgetState } from './throttle/throttle.ts'

/** The codes of failures to trust a key that do not concern the other keys. */
const LEFT_CODES: ReadonlySet<string> = new Set(['CONFLICT', 'BAD_USER_INPUT'])

/** The time that probes in flight get to finish when the service closes. */
const CLOSE_GRACE_MS = 5_000

/**
 * Takes requests for refreshes, runs them within one throttle, and reports their progress. `close` ends the
 * running refreshes; at the next start, `resume` runs them to their end.
 */
export class RefreshService implements Refreshes, Closable {
  readonly events = new RefreshEvents()
  #context: RunContext
  readonly #inventory: InventoryService
  readonly #runs: RefreshRuns
  readonly #notifier: Notifier
  /**
   * Handles one request at a time, so that the second of two equal requests finds the refresh of the first.
   */
  readonly #requests = new SerialQueue()
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  constructor(options: RunContextOptions & { sources: readonly InventorySource[] }) {
    this.#context = createRunContext(options, {
      events: this.events,
      sync: (signal) => this.sync(signal),
      onSuspended: (credential, rejections) => {
        this.#runs.skipSuspended(credential)
        this.events.announce({ kind: 'suspended', credential, rejections })
      },
      onPause: () => this.#runs.announceStates(),
    })
    this.#runs = new RefreshRuns(this.#context)
    const { sources, config, store, log, clock } = options
    this.#inventory = new InventoryService(sources, {
      store,
      log,
      now: () => clock.now(),
      writeRetry: this.#context.writeRetry,
      ...sourceRules(config, sources),
      defaultPort: config.probe.port,
      onSynced: (plan, durationMs) => this.#context.activity.synced(plan, durationMs),
      onChanged: (deviceIds) => this.events.announce({ kind: 'devices', deviceIds }),
      onAwaiting: (plan) => this.events.announce({ kind: 'plan', plan }),
    })
    this.#notifier = new Notifier({ receivers: config.notify, store, clock, log })
    this.#notifier.follow(this.events)
  }

  /**
   * Follows a change of the sources, the credentials, the throttle and the schedule. Refreshes and syncs that
   * run keep what they started with, except for the limits of the throttle and the secrets of credentials.
   */
  change(config: RunContextOptions['config'], sources: readonly InventorySource[]): void {
    this.#context = changedContext(this.#context, config)
    this.#runs.use(this.#context)
    this.#inventory.use(sources, sourceRules(config, sources))
  }

  /**
   * Starts a refresh, or returns the running one that does what is asked. Rejects with NOT_FOUND if an id of
   * the scope does not exist, and with CONFLICT once the service closes.
   */
  request(request: RefreshRequest): Promise<RefreshRequested> {
    const { store, clock, intervalMs } = this.#context
    return this.#answer(async () => {
      const places = await placesOf(store, request.scope)
      const now = clock.now()
      return {
        underWay: this.#runs.find((row) => fulfilsRequest(row, request, { places, now, intervalMs })),
        create: () => this.#create(request),
      }
    }, request.traceParent)
  }

  /**
   * Starts a refresh that probes the devices again that did not end as SUPPORTED in the refresh `id`, or
   * returns the running one that does. Rejects with NOT_FOUND, and with CONFLICT if that refresh has not
   * ended, or once the service closes.
   */
  retry(id: number, requestedBy: string | null): Promise<RefreshRequested> {
    return this.#answer(async () => ({
      underWay: this.#runs.find((row) => row.retryOf === id),
      create: () => createRetry(this.#context, { id, requestedBy }),
    }))
  }

  /** Syncs every source. This and the methods below are documented in `InventoryService`. */
  sync(signal: AbortSignal): Promise<SyncSummary> {
    return this.#inventory.syncAll(signal)
  }

  syncInventory: InventoryService['sync'] = (...given) => this.#inventory.sync(...given)
  approveSyncPlan: InventoryService['approve'] = (...given) => this.#inventory.approve(...given)
  rejectSyncPlan: InventoryService['reject'] = (...given) => this.#inventory.reject(...given)
  onboardDevice: InventoryService['onboard'] = (...given) => this.#inventory.onboard(...given)
  decommissionDevice: InventoryService['decommission'] = (...given) => this.#inventory.decommission(...given)
  decommissionDevices: InventoryService['decommissionMany'] = (...given) =>
    this.#inventory.decommissionMany(...given)
  updateDevice: InventoryService['update'] = (...given) => this.#inventory.update(...given)

  /**
   * Cancels a refresh and resolves with its last row. One that has ended stays as it is. Rejects with
   * NOT_FOUND.
   */
  async cancel(id: number): Promise<RefreshRow> {
    const run = this.#runs.get(id)
    if (run) {
      run.cancel()
      return run.ended
    }
    const [row] = await this.#context.store.refreshes.byIds([id])
    if (!row) throw new RollcallError('NOT_FOUND', 'There is no refresh with this id.')
    return row
  }

  /** Runs every refresh that a former process left unfinished. */
  resume(): Promise<void> {
    return this.#requests.run(async () => {
      if (this.#closed) return
      for (const row of await this.#context.store.refreshes.unfinished()) {
        if (this.#runs.get(row.id)) continue
        this.#context.log.info({ event: 'refresh.resumed', refreshId: row.id }, 'refresh resumed')
        this.#runs.start(row)
      }
    })
  }

  /**
   * Resolves with the last row of a refresh once it has ended; at once with `row` if this process does not
   * run it.
   */
  async ended(row: RefreshRow): Promise<RefreshRow> {
    return (await this.#runs.get(row.id)?.ended) ?? row
  }

  /** Returns whether this process runs the refresh. */
  isRunning(id: number): boolean {
    return this.#runs.get(id) !== undefined
  }

  /**
   * Returns the progress of a refresh: the present one if this process runs it, otherwise that of the row.
   */
  progress(row: RefreshRow): RefreshProgress {
    const run = this.#runs.get(row.id)
    return progressOf(run?.row ?? row, run?.live, this.#context.clock.now())
  }

  /** Returns why a device is not probed; null if nothing holds it back. */
  holdOf(device: HeldDevice): ProbeHold | null {
    return this.#context.holds.holdOf(device, this.#context.clock.now())
  }

  /** Returns what `holdOf` knows of all devices, for a filter. */
  holdConditions(): HoldConditions {
    const { holdSettings, guard, clock } = this.#context
    return holdConditions(holdSettings, guard.rows(), clock.now())
  }

  /** Returns the credentials in the order of the configuration, with their states. */
  async credentials(): Promise<CredentialRow[]> {
    await this.#context.guard.load()
    return this.#context.guard.rows()
  }

  get holdSettings(): HoldSettings {
    return this.#context.holdSettings
  }

  /** Returns the state from which `RefreshSnapshotView` answers in another thread. */
  async snapshot(): Promise<RefreshSnapshot> {
    return {
      at: this.#context.clock.now(),
      running: this.#runs.all().map(({ row }) => this.progress(row)),
      budgets: this.budgets(),
      credentials: await this.credentials(),
    }
  }

  /**
   * Does what `resumeCredential` in resume-credential.ts does. Rejects with CONFLICT once the service closes.
   */
  resumeCredential(name: string, requestedBy: string | null): Promise<ResumedCredential> {
    return this.#inTurn(() =>
      resumeCredential(this.#context, name, async (deviceId) => {
        const scope = { countryIds: [], siteIds: [], deviceIds: [deviceId] }
        const request = { trigger: 'MUTATION', requestedBy, scope, sync: false, force: true } as const
        // A running refresh would not do: it may have skipped the device already.
        return this.#runs.start(await this.#create(request))
      }),
    )
  }

  /**
   * Trusts the host key that a device offered in place of the one it was known by, so that it is probed
   * again. `by` is the person who asked. Rejects with NOT_FOUND, with CONFLICT if there is no key to trust,
   * and with BAD_USER_INPUT if the fingerprint is not that of the key.
   */
  async trustHostKey(key: OfferedKey, by: string): Promise<void> {
    const { store, knownHostsFile, clock } = this.#context
    await trustHostKey(store, knownHostsFile, key, { by, at: clock.now() })
    this.events.announce({ kind: 'devices', deviceIds: [key.deviceId] })
    this.#context.log.info({ event: 'host_key.trusted', ...key, by }, 'host key trusted')
  }

  /**
   * Does the same with several keys. Devices whose key has changed again meanwhile are left and listed. Any
   * other failure rejects; the keys before it are trusted then.
   */
  async trustHostKeys(keys: readonly OfferedKey[], by: string): Promise<BulkResult> {
    const left: LeftDevice[] = []
    for (const key of keys) {
      try {
        await this.trustHostKey(key, by)
      } catch (failure) {
        if (!(failure instanceof RollcallError) || !LEFT_CODES.has(failure.code)) throw failure
        left.push({ deviceId: key.deviceId, reason: failure.message })
      }
    }
    return { done: keys.length - left.length, left }
  }

  /** One sentence on what keeps results from being written at present; null if nothing does. */
  get pausedBecause(): string | null {
    return this.#context.writeRetry.pausedBecause
  }

  /** The milliseconds since this process last completed a refresh of everything; null before the first. */
  get sinceCycleMs(): number | null {
    return this.#runs.sinceCycleMs
  }

  /** The number of refreshes that this process runs. */
  get running(): number {
    return this.#runs.size
  }

  /** What this process has done since it was started. */
  get activity(): ActivityCounts {
    return this.#context.activity.counts
  }

  /** What became of the webhooks for each receiver since the start, in the order of the configuration. */
  get webhooks(): readonly ReceiverCounts[] {
    return this.#notifier.counts
  }

  budgets(): BudgetState[] {
    return this.#context.throttle.budgets()
  }

  /** Ends the refreshes as INTERRUPTED: probes in flight get five seconds. */
  close(): Promise<void> {
    this.#closed ??= this.#endRuns(CLOSE_GRACE_MS)
    return this.#closed
  }

  /** Ends all probes and syncs at once, also while `close` waits for them. */
  async abandon(): Promise<void> {
    this.#closed ??= this.#endRuns(0)
    await Promise.all([this.#runs.interrupt(0), this.#inventory.close(), this.#closed])
  }

  async #endRuns(graceMs: number): Promise<void> {
    this.#closing.abort()
    await this.#requests.idle()
    await this.#runs.interrupt(graceMs)
    await this.#inventory.close()
    await this.#notifier.close()
  }

  /** Answers one request at a time with the running refresh that serves it, or with a new one. */
  #answer(
    look: () => Promise<{ underWay: RefreshRow | undefined; create: () => Promise<RefreshRow> }>,
    traceParent?: TraceParent,
  ): Promise<RefreshRequested> {
    return this.#inTurn(async () => {
      const { underWay, create } = await look()
      if (underWay) return { refresh: underWay, started: false }
      return { refresh: this.#runs.start(await create(), traceParent), started: true }
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#requests.run(async () => {
      if (this.#closed) throw new RollcallError('CONFLICT', 'Rollcall is stopping; try again once it runs.')
      return await work()
    })
  }

  /**
   * Creates the row of a refresh. If the database cannot be written, a cycle waits, since nobody would ask
   * for it again; a person gets the error.
   */
  async #create(request: RefreshRequest): Promise<RefreshRow> {
    const { store, clock, writeRetry } = this.#context
    const create = () => store.refreshes.create({ ...request, at: clock.now() })
    const isCycle = request.trigger === 'SCHEDULE' || request.trigger === 'STARTUP'
    return isCycle ? writeRetry.run(create, this.#closing.signal) : create()
  }
}

function sourceRules(config: RunContextOptions['config'], sources: readonly InventorySource[]): SourceRules {
  return {
    order: sources.map(({ name }) => name),
    ceilingOf: (name) => config.sources.find((source) => source.name === name)?.ceiling ?? DEFAULT_CEILING,
  }
}
