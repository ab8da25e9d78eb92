import { RollcallError } from '../../base/errors.ts'
import type { Steps } from '../../base/turns.ts'
import type { KnownDevice } from '../../inventory/diff.ts'
import { digestOf } from '../../inventory/judge-plan.ts'
import { whyUnusable } from '../../inventory/unusable-records.ts'
import type { InventorySource } from '../../sources/source.ts'
import type { PlannedSync } from '../../store/inventory/inventory-sync.ts'
import type { SyncPlanRow } from '../../store/inventory/sync-plan-store.ts'
import { planAndJudge, plannedSync } from './plan-sync.ts'
import { applyCurrentPlan, fetchedInventory, type SyncContext, tellPlan } from './sync.ts'

/**
 * Fetches the source again. If it still lists the same, the devices of the plan are decommissioned and moved.
 * All other changes of the source are applied as in any sync. Resolves with the plan, now APPLIED.
 *
 * @throws RollcallError NOT_FOUND; SOURCE_FAILED, with the plan still waiting; CONFLICT if the plan does not
 * await approval, or if the source lists something else now: then a newer plan replaces it.
 */
export async function approveSyncPlan(
  { id, by }: { id: number; by: string },
  sources: readonly InventorySource[],
  context: SyncContext,
  signal: AbortSignal,
): Promise<SyncPlanRow> {
  const waiting = await waitingPlan(context, id)
  const source = sources.find(({ name }) => name === waiting.source)
  if (!source)
    throw new RollcallError(
      'CONFLICT',
      `The configuration no longer has the source "${waiting.source}". Its plan cannot be applied; ` +
        'reject it.',
    )
  const inventory = await source.fetch(signal)
  signal.throwIfAborted()
  const unusable = whyUnusable(source.name, inventory)
  if (unusable !== null) throw new RollcallError('SOURCE_FAILED', unusable)
  const fetched = fetchedInventory(source, inventory, context)
  const planSync = function* (known: readonly KnownDevice[]): Steps<PlannedSync> {
    const { planned, judged } = yield* planAndJudge(known, fetched)
    const hasMoves = digestOf(planned.diff, { holdsMoves: true }) === waiting.digest
    // A plan without moves does not approve moves that would await approval now.
    const hasRest = !judged.holdsMoves && digestOf(planned.diff, { holdsMoves: false }) === waiting.digest
    if (!hasMoves && !hasRest) return plannedSync(fetched, { planned, judged }, {})
    const granted = { awaits: null, holdsMoves: false }
    const note = [{ field: 'approvedBy', before: null, after: by }]
    const sync = plannedSync(fetched, { planned, judged: granted }, { note })
    const plan = {
      ...sync.plan,
      reason: waiting.reason,
      // The list includes the changes that were applied before the plan awaited approval.
      created: waiting.created,
      updated: waiting.updated,
      moved: (hasRest ? waiting.moved : 0) + sync.plan.moved,
      plannedAt: waiting.plannedAt,
      decidedAt: fetched.at,
      decidedBy: by,
    }
    return { ...sync, plan, decides: id }
  }
  const { plan, changedDeviceIds } = await applyCurrentPlan(context, planSync, signal)
  if (changedDeviceIds.length > 0) context.onChanged(changedDeviceIds)
  tellPlan(context, plan)
  if (plan.id === id) return plan
  const outcome =
    plan.state === 'APPLIED' ? 'needed no approval and was applied' : 'awaits approval in its place'
  throw new RollcallError(
    'CONFLICT',
    `The source "${source.name}" has changed since the plan was made; a new plan ${outcome}.`,
  )
}

/**
 * Rejects a plan: the devices that it would decommission or move stay as they are. The next sync makes a new
 * plan.
 *
 * @throws RollcallError NOT_FOUND, and CONFLICT if the plan does not await approval.
 */
export async function rejectSyncPlan(
  { id, by }: { id: number; by: string },
  { store, now }: Pick<SyncContext, 'store' | 'now'>,
): Promise<SyncPlanRow> {
  const rejected = await store.syncPlans.decide(id, { state: 'REJECTED', at: now(), by })
  return rejected ?? (await waitingPlan({ store }, id))
}

/** @throws RollcallError NOT_FOUND, and CONFLICT if the plan does not await approval. */
async function waitingPlan({ store }: Pick<SyncContext, 'store'>, id: number): Promise<SyncPlanRow> {
  const [plan] = await store.syncPlans.byIds([id])
  if (!plan) throw new RollcallError('NOT_FOUND', 'There is no sync plan with this id.')
  if (plan.state === 'AWAITING_APPROVAL') return plan
  const hint = plan.state === 'EXPIRED' ? '; look for a newer one' : ''
  throw new RollcallError('CONFLICT', `The plan is ${plan.state} and awaits no approval${hint}.`)
}
