/** The contract's `ChangeAction`. */
export const CHANGE_ACTIONS = [
  'CREATED',
  'UPDATED',
  'DECOMMISSIONED',
  'RESTORED',
  'HOST_KEY_TRUSTED',
  'CAPABILITIES_CHANGED',
  'FACTS_CHANGED',
] as const
export type ChangeAction = (typeof CHANGE_ACTIONS)[number]
