/** The contract's `SyncPlanState`. */
export const SYNC_PLAN_STATES = [
  'APPLIED',
  'AWAITING_APPROVAL',
  'REJECTED',
  'EXPIRED',
  'DRY_RUN',
  'FAILED',
] as const
export type SyncPlanState = (typeof SYNC_PLAN_STATES)[number]
