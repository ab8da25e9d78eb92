import type { InventoryPlan } from './plan.ts'

/** What a person should know of a plan although nothing is refused, in sentences. */
export function warningsOf({ recordsGiven, recordsUnusable }: InventoryPlan): string[] {
  if (recordsGiven + recordsUnusable > 0) return []
  return [
    'The source gave no records. If it should have some, see what its login may read and what its filter leaves.',
  ]
}
