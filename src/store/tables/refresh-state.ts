/** The contract's `RefreshState`. */
export const REFRESH_STATES = [
  'QUEUED',
  'SYNCING',
  'PROBING',
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'INTERRUPTED',
] as const
export type RefreshState = (typeof REFRESH_STATES)[number]

/** The contract's `RefreshTrigger`. */
export const REFRESH_TRIGGERS = ['SCHEDULE', 'MUTATION', 'STARTUP', 'CLI'] as const
export type RefreshTrigger = (typeof REFRESH_TRIGGERS)[number]
