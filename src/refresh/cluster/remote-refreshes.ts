import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import type { CredentialRow } from '../../store/credential-store.ts'
import type { HoldConditions } from '../../store/query/filters.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { SharedDatabase, Store } from '../../store/store.ts'
import { type ActivityCounts, NO_ACTIVITY } from '../activity.ts'
import type { HeldDevice, Holds, ProbeHold } from '../holds.ts'
import type { ReceiverCounts } from '../notify/webhooks.ts'
import { doneOf, hasEnded, type LiveCounts, progressOf, type RefreshProgress } from '../progress.ts'
import { type HoldSettings, holdConditions, holdsBy, type RefreshSnapshot } from '../refresh-snapshot.ts'
import type { EngineCommands, Refreshes } from '../refreshes.ts'
import type { BudgetState } from '../throttle/throttle.ts'
import { CommandClient } from './command-client.ts'
import type { CommandName } from './commands.ts'
import type { EngineState } from './engine-state.ts'
import { EngineView } from './engine-view.ts'
import { StoreWatch } from './store-watch.ts'

export interface RemoteRefreshesOptions {
  store: Store
  shared: Pick<SharedDatabase<Store>, 'listen'>
  holds: HoldSettings
  clock: Clock
  log: Logger
}

/**
 * The refreshes of an engine that may be in another process: it does the commands, its state is in the
 * database, and so is what it has committed.
 */
export class RemoteRefreshes implements Refreshes, Closable {
  readonly #store: Store
  readonly #view: EngineView
  readonly #watch: StoreWatch
  readonly #client: CommandClient
  #holds: Holds
  #settings: HoldSettings

  readonly request = this.#forward('request')
  readonly retry = this.#forward('retry')
  readonly cancel = this.#forward('cancel')
  readonly syncInventory = this.#forward('syncInventory')
  readonly approveSyncPlan = this.#forward('approveSyncPlan')
  readonly rejectSyncPlan = this.#forward('rejectSyncPlan')
  readonly onboardDevice = this.#forward('onboardDevice')
  readonly updateDevice = this.#forward('updateDevice')
  readonly decommissionDevice = this.#forward('decommissionDevice')
  readonly decommissionDevices = this.#forward('decommissionDevices')
  readonly trustHostKey = this.#forward('trustHostKey')
  readonly trustHostKeys = this.#forward('trustHostKeys')
  readonly resumeCredential = this.#forward('resumeCredential')

  private constructor(parts: {
    store: Store
    view: EngineView
    watch: StoreWatch
    client: CommandClient
    holds: HoldSettings
  }) {
    const { store, view, holds } = parts
    this.#store = store
    this.#view = view
    this.#watch = parts.watch
    this.#client = parts.client
    this.#settings = holds
    this.#holds = holdsBy(holds, () => view.credentials)
  }

  /** Rejects with a RollcallError if the database cannot be read. */
  static async start({ holds, ...options }: RemoteRefreshesOptions): Promise<RemoteRefreshes> {
    const view = new EngineView(options.clock)
    const watch = await StoreWatch.start({ ...options, view })
    return new RemoteRefreshes({
      store: options.store,
      view,
      watch,
      client: new CommandClient(options),
      holds,
    })
  }

  /** Follows a change of the credentials and the schedule. */
  change(holds: HoldSettings): void {
    this.#settings = holds
    this.#holds = holdsBy(holds, () => this.#view.credentials)
  }

  get holdSettings(): HoldSettings {
    return this.#settings
  }

  get events() {
    return this.#watch.events
  }

  /** The state of the engine that works, or that worked last; null if there was none. */
  get engineState(): EngineState | null {
    return this.#view.state
  }

  /** Whether an engine works, as far as is known. */
  get hasEngine(): boolean {
    return this.#view.isWorking
  }

  async ended(row: RefreshRow): Promise<RefreshRow> {
    if (hasEnded(row.state)) return row
    const ended = Promise.withResolvers<RefreshRow>()
    const stopListening = this.events.listen((event) => {
      if (event.kind === 'state' && event.isLast && event.refresh.id === row.id) ended.resolve(event.refresh)
    })
    try {
      // It may have ended before.
      const [current = row] = await this.#store.refreshes.byIds([row.id])
      return hasEnded(current.state) ? current : await ended.promise
    } finally {
      stopListening()
    }
  }

  progress(row: RefreshRow): RefreshProgress {
    return progressOf(row, this.#liveCounts(row), this.#view.now())
  }

  holdOf(device: HeldDevice): ProbeHold | null {
    return this.#holds.holdOf(device, this.#view.now())
  }

  holdConditions(): HoldConditions {
    return holdConditions(this.#settings, this.#view.credentials, this.#view.now())
  }

  async credentials(): Promise<CredentialRow[]> {
    const known = new Map(this.#view.credentials.map((row) => [row.name, row]))
    return this.#settings.credentials.map(
      ({ name }) => known.get(name) ?? { name, state: 'ACTIVE', rejections: 0, suspendedAt: null },
    )
  }

  async snapshot(): Promise<RefreshSnapshot> {
    return {
      at: this.#view.now(),
      running: this.#running,
      budgets: this.budgets(),
      credentials: await this.credentials(),
    }
  }

  budgets(): BudgetState[] {
    const budgets = this.#view.state?.budgets ?? []
    return this.#view.isWorking ? budgets : budgets.map((budget) => ({ ...budget, inUse: 0, waiting: 0 }))
  }

  get pausedBecause(): string | null {
    return this.#view.pausedBecause
  }

  get sinceCycleMs(): number | null {
    const { state } = this.#view
    return state === null || state.sinceCycleMs === null
      ? null
      : state.sinceCycleMs + this.#view.now() - state.at
  }

  get running(): number {
    return this.#running.length
  }

  get activity(): ActivityCounts {
    return this.#view.state?.activity ?? NO_ACTIVITY
  }

  get webhooks(): readonly ReceiverCounts[] {
    return this.#view.state?.webhooks ?? []
  }

  async close(): Promise<void> {
    await this.#client.close()
    await this.#watch.close()
  }

  get #running(): RefreshProgress[] {
    return this.#view.isWorking ? (this.#view.state?.running ?? []) : []
  }

  /** What the engine wrote about the refresh within the last second; the row may be newer. */
  #liveCounts(row: RefreshRow): LiveCounts | undefined {
    const known = this.#running.find(({ refreshId }) => refreshId === row.id)
    if (known === undefined) return undefined
    const { inFlight, pausedBecause, probesPerSecond } = known
    // A further result has just arrived; without one, the estimate of the engine counts how long that is ago.
    const sinceLastMs = known.done === doneOf(row) ? (known.etaMs ?? 0) : 0
    return {
      inFlight: hasEnded(row.state) ? 0 : inFlight,
      pausedBecause,
      rate: { perSecond: () => probesPerSecond, sinceLastMs: () => sinceLastMs },
    }
  }

  #forward<Name extends CommandName>(name: Name): EngineCommands[Name] {
    const call = async (...given: unknown[]): Promise<unknown> => {
      try {
        return await this.#client.call(name, given)
      } finally {
        // Whoever asks next in this process sees what the command has done.
        await this.#watch.look()
      }
    }
    return call as EngineCommands[Name]
  }
}
