import { setImmediate as nextTurn } from 'node:timers/promises'
import { RollcallError } from '../../base/errors.ts'
import type { KnownDevice } from '../../inventory/diff.ts'
import type { AppliedSync, PlannedSync } from '../../store/inventory/inventory-sync.ts'
import type { Store } from '../../store/store.ts'

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
  plan: (known: readonly KnownDevice[]) => PlannedSync,
  signal: AbortSignal,
): Promise<AppliedSync> {
  const tryOnce = async () => {
    const snapshot = await store.inventory.snapshot()
    const planned = plan(snapshot.devices)
    await nextTurn()
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
