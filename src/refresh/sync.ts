import { messageOf, RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { diffInventory } from '../inventory/diff.ts'
import { identityKey } from '../inventory/identity.ts'
import type { Inventory, InventoryRecord, RejectedRecord } from '../inventory/record.ts'
import type { InventorySource } from '../sources/source.ts'
import type { Store } from '../store/store.ts'
import type { Patience } from './patience.ts'

/** What a sync of one source did. */
export interface SyncReport {
  source: string
  created: number
  updated: number
  restored: number
  decommissioned: number
  unchanged: number
  rejected: RejectedRecord[]
}

/** A log that names each of ten thousand bad records buries what else it says. */
const LOGGED_REJECTIONS = 20

/** What it takes to sync. */
export interface SyncContext {
  store: Store
  log: Logger
  now: () => number
  signal: AbortSignal
  patience: Patience
  /** Called with the ids of the devices whose records were changed, once they are. */
  onChanged: (deviceIds: readonly number[]) => void
}

/**
 * Fetches one source, compares it with what the store knows, and applies the difference in one transaction.
 * Rejects with a RollcallError, and changes nothing, where the source cannot be read or gives no device at all.
 *
 * @param configured names of all sources that there are
 */
export async function syncSource(
  source: InventorySource,
  configured: readonly string[],
  { store, log, now, signal, patience, onChanged }: SyncContext,
): Promise<SyncReport> {
  const inventory = await source.fetch(signal)
  signal.throwIfAborted()
  const known = await store.inventory.known(source.name)
  if (inventory.records.length === 0 && known.some((device) => device.lifecycle === 'ACTIVE')) {
    throw new RollcallError(
      'SOURCE_FAILED',
      `The source "${source.name}" gave no usable device although devices of it are known; nothing was changed: check what it returns.`,
    )
  }
  const listed = new Set(inventory.records.map(identityKey))
  const adoptable = await store.inventory.adoptable(source.name, configured)
  const adopted = adoptable.filter((device) => listed.has(identityKey(device)))
  const diff = diffInventory([...known, ...adopted], inventory)
  const { conflicts, changedDeviceIds } = await patience.until(
    () => store.inventory.apply(diff, { source: source.name, at: now() }),
    signal,
  )
  if (changedDeviceIds.length > 0) onChanged(changedDeviceIds)
  const report: SyncReport = {
    source: source.name,
    created: diff.created.length - conflicts.length,
    updated: diff.updated.length,
    restored: diff.restored.length,
    decommissioned: diff.decommissioned.length,
    unchanged: diff.unchanged.length,
    rejected: [...inventory.rejected, ...rejectConflicts(inventory, conflicts)],
  }
  const { rejected, ...counts } = report
  log.info({ ...counts, rejected: rejected.length }, 'inventory synced')
  for (const { position, record, reason } of rejected.slice(0, LOGGED_REJECTIONS)) {
    log.warn({ source: source.name, position, record, reason }, 'inventory record set aside')
  }
  return report
}

/** Records that could be used but for what the store has from another source. */
function rejectConflicts(
  { records, rejected }: Inventory,
  conflicts: readonly { record: InventoryRecord; reason: string }[],
): RejectedRecord[] {
  if (conflicts.length === 0) return []
  const reasons = new Map(conflicts.map(({ record, reason }) => [record, reason]))
  const unusable = new Set(rejected.map(({ position }) => position))
  const found: RejectedRecord[] = []
  let position = 0
  for (const record of records) {
    // The records stand in the order of the source, without those that were rejected already.
    do position += 1
    while (unusable.has(position))
    const reason = reasons.get(record)
    if (reason === undefined) continue
    const { name, site, country } = record
    found.push({ position, record: JSON.stringify(record), reason, identity: { name, site, country } })
  }
  return found
}

/** What the syncs of all sources came to. */
export interface SyncSummary {
  reports: SyncReport[]
  /** One sentence for each source that could not be synced. */
  failures: string[]
}

/** Syncs one source after the other; one that fails does not keep the others from being synced. */
export async function syncAll(
  sources: readonly InventorySource[],
  context: SyncContext,
): Promise<SyncSummary> {
  const summary: SyncSummary = { reports: [], failures: [] }
  const configured = sources.map(({ name }) => name)
  for (const source of sources) {
    try {
      summary.reports.push(await syncSource(source, configured, context))
    } catch (failure) {
      context.signal.throwIfAborted()
      if (!(failure instanceof RollcallError)) throw failure
      context.log.error({ source: source.name }, `inventory sync failed: ${messageOf(failure)}`)
      summary.failures.push(failure.message)
    }
  }
  return summary
}
