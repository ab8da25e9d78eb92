import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Ceiling } from '../../config/schema.ts'
import type { KnownDevice } from '../../inventory/diff.ts'
import { judgePlan, withoutHeld } from '../../inventory/judge-plan.ts'
import { type InventoryPlan, planInventory } from '../../inventory/plan.ts'
import type { Inventory } from '../../inventory/record.ts'
import { rankOf } from '../../inventory/source-rank.ts'
import { whyUnusable } from '../../inventory/unusable.ts'
import type { InventorySource } from '../../sources/source.ts'
import type { PlannedSync } from '../../store/inventory/inventory-sync.ts'
import type { SyncPlanRow } from '../../store/sync-plan-store.ts'
import { applyCurrentPlan, type SyncApplier } from './apply-current-plan.ts'
import { failedPlan, planRow } from './sync-plan-row.ts'
import type { WriteRetry } from './write-retry.ts'

/** A log that names each of ten thousand bad records buries what else it says. */
const LOGGED_REJECTIONS = 20

/** How long somebody who asked for a sync waits for a database that cannot be written. */
const ASKED_WAIT_MS = 5_000

/** What it takes to sync. */
export interface SyncContext extends SyncApplier {
  log: Logger
  now: () => number
  writeRetry: WriteRetry
  /** Names of all sources that are configured: what several of them list is taken from the first. */
  order: readonly string[]
  ceilingOf: (source: string) => Ceiling
  /** Called with the ids of the devices whose records were changed, once they are. */
  onChanged: (deviceIds: readonly number[]) => void
}

/**
 * Fetches one source, compares it with what the store knows, and applies the difference in one transaction; all but the
 * part that awaits approval, see `judgePlan`. A dry run changes nothing. If the source cannot be read, or none of its
 * records can be used, nothing is changed and the plan is a FAILED one.
 *
 * @param options.isAsked whether somebody waits for it; then it rejects with DATABASE_UNAVAILABLE after 5 s, and else it waits as
 * long as the database cannot be written
 */
export async function syncSource(
  source: InventorySource,
  context: SyncContext,
  { dryRun, isAsked }: { dryRun: boolean; isAsked: boolean },
  signal: AbortSignal,
): Promise<SyncPlanRow> {
  const { store, log, now, writeRetry } = context
  const write = <T>(action: () => Promise<T>) =>
    writeRetry.run(action, isAsked ? AbortSignal.any([signal, AbortSignal.timeout(ASKED_WAIT_MS)]) : signal)
  const fail = async (failed: { reason: string; inventory?: Inventory }) => {
    log.error({ source: source.name, path: source.path }, `inventory sync failed: ${failed.reason}`)
    const plan = failedPlan(source.name, { ...failed, at: now() })
    return await write(() => store.syncPlans.record(plan))
  }
  try {
    const inventory = await source.fetch(signal)
    signal.throwIfAborted()
    const unusable = whyUnusable(source.name, inventory)
    if (unusable !== null) return await fail({ reason: unusable, inventory })
    const rank = rankOf(source.name, context.order)
    const at = now()
    const planSync = (known: readonly KnownDevice[]): PlannedSync => {
      const planned = planInventory(known, inventory, rank)
      expectUsable(source.name, planned)
      const judged = judgePlan(planned, context.ceilingOf(source.name))
      const { awaits } = judged
      const state = dryRun ? 'DRY_RUN' : awaits === null ? 'APPLIED' : 'AWAITING_APPROVAL'
      return {
        diff: awaits === null ? planned.diff : withoutHeld(planned.diff, judged),
        source: source.name,
        at,
        actor: actorOf(source),
        decommission: awaits === null ? { by: null, note: [] } : null,
        dryRun,
        plan: planRow(source.name, planned, judged, { state, plannedAt: at }),
        inventory: planned.inventory,
        decides: null,
      }
    }
    const { plan, changedDeviceIds } = await write(() => applyCurrentPlan(context, planSync, signal))
    if (changedDeviceIds.length > 0) context.onChanged(changedDeviceIds)
    logPlan(log, plan)
    return plan
  } catch (failure) {
    signal.throwIfAborted()
    if (!(failure instanceof RollcallError) || failure.code !== 'SOURCE_FAILED') throw failure
    return await fail({ reason: failure.message })
  }
}

/**
 * Expects that a plan has records which can be used: beside the devices that are known, all of them may be doubtful.
 *
 * @throws RollcallError SOURCE_FAILED
 */
export function expectUsable(source: string, { recordsGiven, inventory }: InventoryPlan): void {
  const unusable = recordsGiven === 0 ? whyUnusable(source, inventory) : null
  if (unusable !== null) throw new RollcallError('SOURCE_FAILED', unusable)
}

/** Whom the change log names for what a source has changed. */
export function actorOf({ name }: InventorySource): string {
  return `source:${name}`
}

export function logPlan(log: Logger, { rejected, digest: _digest, ...plan }: SyncPlanRow): void {
  log.info({ ...plan, rejected: rejected.length }, 'inventory synced')
  for (const warning of plan.warnings) log.warn({ source: plan.source }, warning)
  for (const { position, reason } of rejected.slice(0, LOGGED_REJECTIONS)) {
    log.warn({ source: plan.source, position, reason }, 'inventory record set aside')
  }
}

/** What the syncs of all sources came to. */
export interface SyncSummary {
  plans: SyncPlanRow[]
  /** One sentence for each source that could not be synced, or not as a whole. */
  failures: string[]
}

export function summarize(plans: SyncPlanRow[]): SyncSummary {
  const failures = plans.flatMap(({ source, state, reason, moved }) => {
    if (state === 'FAILED') return [reason ?? '']
    if (state !== 'AWAITING_APPROVAL') return []
    const what =
      moved === 0
        ? `What source "${source}" no longer lists awaits`
        : `A part of what source "${source}" changes awaits`
    return [`${what} approval: ${reason}`]
  })
  return { plans, failures }
}
