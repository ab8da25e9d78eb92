import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { inTurns, letOthersWork, type Steps } from '../../base/turns.ts'
import type { Ceiling } from '../../config/schema.ts'
import type { KnownDevice } from '../../inventory/diff.ts'
import type { Inventory } from '../../inventory/record.ts'
import { whyUnusable } from '../../inventory/unusable-records.ts'
import type { InventorySource } from '../../sources/source.ts'
import type { AppliedSync, PlannedSync } from '../../store/inventory/inventory-sync.ts'
import type { SyncPlanRow } from '../../store/inventory/sync-plan-store.ts'
import type { Store } from '../../store/store.ts'
import { type FetchedInventory, failedPlan, planAndJudge, plannedSync } from './plan-sync.ts'
import type { WriteRetry } from './write-retry.ts'

/** Keeps ten thousand invalid records from drowning out the rest of the log. */
const LOGGED_REJECTIONS = 20

/** The time that a requested sync waits for a database that cannot be written. */
const REQUESTED_WAIT_MS = 5_000

/** What the configuration says about the sources together. */
export interface SourceRules {
  /** The names of all configured sources. If several list the same device, the first one owns it. */
  order: readonly string[]
  ceilingOf: (source: string) => Ceiling
}

/** The parts that a sync needs. */
export interface SyncContext extends SyncApplier, SourceRules {
  log: Logger
  now: () => number
  writeRetry: WriteRetry
  /** Called with the ids of the devices whose records have been changed. */
  onChanged: (deviceIds: readonly number[]) => void
  /** Called with a plan that awaits approval, each time a sync makes it again. */
  onAwaiting: (plan: SyncPlanRow) => void
}

/**
 * Fetches one source, compares it with the store, and applies the difference in one transaction, except for
 * the part that awaits approval (see `judgePlan`). A dry run changes nothing. If the source cannot be read,
 * or none of its records is usable, nothing is changed and the plan is FAILED.
 *
 * @param options.isRequested whether somebody waits for the sync. If the database cannot be written, it then
 * rejects with DATABASE_UNAVAILABLE after 5 s; otherwise it waits until the database can be written.
 */
export async function syncSource(
  source: InventorySource,
  context: SyncContext,
  { dryRun, isRequested }: { dryRun: boolean; isRequested: boolean },
  signal: AbortSignal,
): Promise<SyncPlanRow> {
  const { store, log, now, writeRetry } = context
  const waitMs = isRequested ? REQUESTED_WAIT_MS : Number.POSITIVE_INFINITY
  const write = <T>(action: () => Promise<T>) => writeRetry.run(action, signal, { waitMs })
  const fail = async (failed: { reason: string; inventory?: Inventory }) => {
    log.error(
      { event: 'sync.failed', source: source.name, path: source.path },
      `inventory sync failed: ${failed.reason}`,
    )
    const plan = failedPlan(source.name, { ...failed, at: now() })
    return await write(() => store.syncPlans.record(plan))
  }
  try {
    const inventory = await source.fetch(signal)
    signal.throwIfAborted()
    const unusable = whyUnusable(source.name, inventory)
    if (unusable !== null) return await fail({ reason: unusable, inventory })
    const fetched = fetchedInventory(source, inventory, context)
    const planSync = function* (known: readonly KnownDevice[]): Steps<PlannedSync> {
      return plannedSync(fetched, yield* planAndJudge(known, fetched), { dryRun })
    }
    const { plan, changedDeviceIds } = await write(() => applyCurrentPlan(context, planSync, signal))
    if (changedDeviceIds.length > 0) context.onChanged(changedDeviceIds)
    tellPlan(context, plan)
    return plan
  } catch (failure) {
    signal.throwIfAborted()
    if (!(failure instanceof RollcallError) || failure.code !== 'SOURCE_FAILED') throw failure
    return await fail({ reason: failure.message })
  }
}

/** Returns a fetched inventory with the settings by which it is planned. */
export function fetchedInventory(
  { name }: InventorySource,
  inventory: Inventory,
  { order, ceilingOf, now }: SyncContext,
): FetchedInventory {
  return { source: name, inventory, order, ceiling: ceilingOf(name), at: now() }
}

/** Logs a plan that was made, and announces one that awaits approval. */
export function tellPlan(
  { log, onAwaiting }: Pick<SyncContext, 'log' | 'onAwaiting'>,
  plan: SyncPlanRow,
): void {
  logPlan(log, plan)
  if (plan.state === 'AWAITING_APPROVAL') onAwaiting(plan)
}

function logPlan(
  log: Logger,
  { id: planId, rejected, digest: _digest, changeSetId: _changeSetId, ...plan }: SyncPlanRow,
): void {
  const fields = { planId, ...plan, rejected: rejected.length }
  if (plan.state === 'AWAITING_APPROVAL')
    log.warn({ event: 'plan.awaiting', ...fields }, 'a sync plan awaits approval')
  else log.info({ event: 'sync.completed', ...fields }, 'inventory synced')
  for (const warning of plan.warnings) log.warn({ event: 'sync.warning', source: plan.source }, warning)
  for (const { position, reason } of rejected.slice(0, LOGGED_REJECTIONS)) {
    log.warn(
      { event: 'sync.record_rejected', source: plan.source, position, reason },
      'inventory record set aside',
    )
  }
}

/** The result of syncing all sources. */
export interface SyncSummary {
  plans: SyncPlanRow[]
  /** One sentence for each source that was not synced, or only in part. */
  failures: string[]
}

export function summarize(plans: SyncPlanRow[]): SyncSummary {
  const failures = plans.flatMap(({ source, state, reason, moved }) => {
    if (state === 'FAILED') return [reason ?? '']
    if (state !== 'AWAITING_APPROVAL') return []
    const what =
      moved === 0
        ? `The removal of devices that source "${source}" no longer lists awaits`
        : `A part of the changes of source "${source}" awaits`
    return [`${what} approval: ${reason}`]
  })
  return { plans, failures }
}

/** Rounds in which devices may be changed by hand while the sync is planned. */
const FREE_ROUNDS = 2

/** After the free rounds only another process can change the known devices. */
const MAX_ROUNDS = 10

/**
 * Plans a sync from the known devices and applies it:
 *
 * 1. Read the known devices, and plan without holding the database: with a million devices that takes
 * seconds.
 * 2. Apply the plan in one transaction, unless the known devices have changed since: then plan again.
 * 3. After two stale plans, changes by hand wait for the third, so that frequent ones cannot keep a sync from
 * being applied.
 *
 * @param plan is called in each round
 * @throws RollcallError CONFLICT if every plan was stale, and as `InventoryStore.sync` does
 */
export async function applyCurrentPlan(
  { store, holdManualChanges }: SyncApplier,
  plan: (known: readonly KnownDevice[]) => Steps<PlannedSync>,
  signal: AbortSignal,
): Promise<AppliedSync> {
  const tryOnce = async () => {
    const snapshot = await store.inventory.snapshot()
    const planned = await inTurns(plan(snapshot.devices))
    await letOthersWork()
    return await store.inventory.sync(planned, snapshot, signal)
  }
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const applied = await (round <= FREE_ROUNDS ? tryOnce() : holdManualChanges(tryOnce))
    if (applied !== null) return applied
    signal.throwIfAborted()
  }
  throw new RollcallError('CONFLICT', 'Another process keeps changing the devices; end it, and sync again.')
}

export interface SyncApplier {
  store: Store
  /** Runs `work` while nobody changes devices by hand: such changes wait until it ends. */
  holdManualChanges: <T>(work: () => Promise<T>) => Promise<T>
}
