import type { SyncPlanRow } from '../../store/sync-plan-store.ts'
import { waitingPlan } from './approve-sync-plan.ts'
import type { SyncContext } from './sync.ts'

/**
 * Leaves the devices that a plan would decommission or move as they are; the next sync makes a new plan.
 *
 * @throws RollcallError NOT_FOUND, and CONFLICT where the plan does not await approval.
 */
export async function rejectSyncPlan(
  { id, by }: { id: number; by: string },
  { store, now }: Pick<SyncContext, 'store' | 'now'>,
): Promise<SyncPlanRow> {
  const rejected = await store.syncPlans.decide(id, { state: 'REJECTED', at: now(), by })
  return rejected ?? (await waitingPlan({ store }, id))
}
