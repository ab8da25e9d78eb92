import { abortable } from '../../base/abortable.ts'
import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import { SerialQueue } from '../../base/serial-queue.ts'
import type { InventorySource } from '../../sources/source.ts'
import type { SyncPlanRow } from '../../store/inventory/sync-plan-store.ts'
import {
  type BulkResult,
  type Decommissioning,
  type DeviceInput,
  type DevicePatch,
  type DeviceSelection,
  decommissionDevice,
  decommissionDevices,
  type ManualContext,
  onboardDevice,
  updateDevice,
} from './manual-devices.ts'
import { type SourceRules, type SyncContext, type SyncSummary, summarize, syncSource } from './sync.ts'
import { approveSyncPlan, rejectSyncPlan } from './sync-plan-decisions.ts'

export interface SyncRequest {
  /** Null means every source. */
  source?: string | null | undefined
  /** Whether only to report what would change. */
  dryRun: boolean
  /** The person who asked; null if nobody did. */
  requestedBy: string | null
}

/** Called after each sync that was no dry run. */
type OnSynced = (plan: SyncPlanRow, durationMs: number) => void

/** Makes all changes to the inventory: syncs, decisions on sync plans, and changes by hand. */
export class InventoryService implements Closable {
  #sources: readonly InventorySource[]
  #context: SyncContext & ManualContext
  readonly #onSynced: OnSynced
  readonly #syncs = new SerialQueue()
  readonly #byHand = new SerialQueue()
  readonly #abort = new AbortController()

  constructor(
    sources: readonly InventorySource[],
    { onSynced, ...context }: Omit<SyncContext, 'holdManualChanges'> & ManualContext & { onSynced: OnSynced },
  ) {
    this.#sources = sources
    this.#onSynced = onSynced
    this.#context = { ...context, holdManualChanges: (work) => this.#byHand.run(work) }
  }

  /** Uses other sources from the next sync on. */
  use(sources: readonly InventorySource[], rules: SourceRules): void {
    this.#sources = sources
    this.#context = { ...this.#context, ...rules }
  }

  /** Syncs every source, for a refresh or a command. */
  async syncAll(signal: AbortSignal): Promise<SyncSummary> {
    return summarize(await this.#sync({ source: null, dryRun: false, isRequested: false }, signal))
  }

  /**
   * Syncs the named source, or each source in the order of the configuration. If one fails, the others are
   * still synced. Of two syncs at once, the second waits for the first or until its signal aborts. Rejects
   * with NOT_FOUND if the configuration has no source of that name.
   *
   * @param signal default: never aborts, so that a sync continues if its client disconnects
   */
  sync(
    { requestedBy, ...request }: SyncRequest,
    signal = new AbortController().signal,
  ): Promise<SyncPlanRow[]> {
    this.#context.log.info({ event: 'sync.requested', ...request, requestedBy }, 'inventory sync requested')
    return this.#sync({ ...request, isRequested: true }, signal)
  }

  /** See `approveSyncPlan` in `sync-plan-decisions.ts`. */
  approve(id: number, by: string, signal = new AbortController().signal): Promise<SyncPlanRow> {
    return this.#inTurn(signal, (ending) => approveSyncPlan({ id, by }, this.#sources, this.#context, ending))
  }

  /** See `rejectSyncPlan` in `sync-plan-decisions.ts`. */
  reject(id: number, by: string): Promise<SyncPlanRow> {
    return rejectSyncPlan({ id, by }, this.#context)
  }

  /** See `onboardDevice` in `manual-devices.ts`. */
  onboard(input: DeviceInput, by: string): Promise<number> {
    return this.#byHand.run(() => onboardDevice(this.#context, input, by))
  }

  /** See `decommissionDevice` in `manual-devices.ts`. */
  decommission(id: number, decided: Decommissioning): Promise<void> {
    return this.#byHand.run(() => decommissionDevice(this.#context, id, decided))
  }

  /**
   * Decommissions several devices; see `decommissionDevices` in `manual-devices.ts`. Rejects with CONFLICT,
   * and does nothing, unless exactly `expected` devices are listed, or match at that moment.
   */
  decommissionMany(
    { ids, filter }: DeviceSelection,
    expected: number,
    decided: Decommissioning,
  ): Promise<BulkResult> {
    return this.#byHand.run(async () => {
      const found = ids ?? (await this.#context.store.devices.matchingIds(filter))
      if (found.length !== expected) {
        throw new RollcallError(
          'CONFLICT',
          `${found.length} devices match, not ${expected}; nothing was done. Look at them again.`,
        )
      }
      return await decommissionDevices(this.#context, found, decided)
    })
  }

  /** See `updateDevice` in `manual-devices.ts`. */
  update(id: number, patch: DevicePatch, by: string): Promise<void> {
    return this.#byHand.run(() => updateDevice(this.#context, id, patch, by))
  }

  /** Aborts the running syncs, which then have changed nothing. */
  async close(): Promise<void> {
    this.#abort.abort(new RollcallError('CONFLICT', 'Rollcall is stopping; sync again once it runs.'))
    await this.#syncs.idle()
    await this.#byHand.idle()
  }

  #sync(
    { source: name = null, dryRun, isRequested }: Omit<SyncRequest, 'requestedBy'> & { isRequested: boolean },
    signal: AbortSignal,
  ): Promise<SyncPlanRow[]> {
    return this.#inTurn(signal, async (ending) => {
      const context = this.#context
      const sources = this.#sources.filter((source) => name === null || source.name === name)
      if (name !== null && sources.length === 0)
        throw new RollcallError('NOT_FOUND', `The configuration has no source "${name.slice(0, 100)}".`)
      const plans: SyncPlanRow[] = []
      for (const source of sources) {
        const startedAt = performance.now()
        const plan = await syncSource(source, context, { dryRun, isRequested }, ending)
        if (!dryRun) this.#onSynced(plan, performance.now() - startedAt)
        plans.push(plan)
      }
      return plans
    })
  }

  /**
   * Runs one sync at a time: the devices that a plan is computed from must not change before it is applied.
   */
  #inTurn<T>(signal: AbortSignal, work: (ending: AbortSignal) => Promise<T>): Promise<T> {
    const ending = AbortSignal.any([signal, this.#abort.signal])
    const done = this.#syncs.run(async () => {
      ending.throwIfAborted()
      return work(ending)
    })
    return abortable(done, ending)
  }
}
