import type { Transaction } from 'kysely'
import type { InventoryDiff } from '../../inventory/diff.ts'
import { type InventoryRecord, RECORD_FIELDS } from '../../inventory/record.ts'
import { type ChangedField, type ChangeEntry, recordChanges } from '../results/change-store.ts'
import { inBatches } from '../tables/batches.ts'
import type { Database } from '../tables/database.ts'
import { jsonList, jsonTable } from '../tables/json-values.ts'
import { ALWAYS } from '../tables/per-dialect.ts'
import { insertDevices, updateDevices } from './inventory-devices.ts'
import {
  type RenamedDevice,
  renameDecommissioned,
  resolvePlaces,
  setTemporaryNames,
  type Wanted,
} from './inventory-places.ts'

export interface ApplyOptions {
  /** Name of the source of the diff. */
  source: string
  /** Epoch milliseconds of the fetch, when the source listed its devices. */
  at: number
  /** The actor in the change log. */
  actor: string
  /** How devices are decommissioned; null if the diff decommissions none. */
  decommission: {
    /** Who decommissions them by hand, so that no source restores them; null if sources may. */
    by: string | null
    /** Further fields of their entries in the change log. */
    note: readonly ChangedField[]
  } | null
}

export interface ApplyResult {
  created: number
  updated: number
  restored: number
  decommissioned: number
  /** Active devices that stay as they are, those in conflict included. */
  unchanged: number
  /** Devices whose records have changed, in any order. */
  changedDeviceIds: number[]
  /** Records that were left out because another device has their name at their site. */
  conflicts: RecordConflict[]
  changes: AppliedChanges
}

export interface RecordConflict {
  record: InventoryRecord
  /** A sentence for a person. */
  reason: string
}

/**
 * Creates the countries and sites that are missing, then creates, updates, restores and decommissions
 * devices, and records each change in the change log. Countries and sites that lose all their devices are
 * kept. Rows are written in batches, each by one statement.
 */
export async function applyDiff(
  transaction: Transaction<Database>,
  diff: InventoryDiff,
  { source, at, actor, decommission }: ApplyOptions,
): Promise<ApplyResult> {
  const created: Wanted[] = diff.created.map((record) => ({ id: null, record }))
  const wanted: Wanted[] = [...diff.updated, ...diff.restored, ...created]
  const decommissioned = idsOf(diff.decommissioned)
  await createPlaces(transaction, wanted)
  const { conflicts, leaving, toRename } = await resolvePlaces(transaction, wanted, new Set(decommissioned))
  const renamed = await renameDecommissioned(transaction, toRename, wanted)
  await setTemporaryNames(transaction, leaving)
  const isFree = (one: Wanted) => !conflicts.has(one)
  const updated = diff.updated.filter(isFree)
  const restored = diff.restored.filter(isFree)
  await updateDevices(transaction, [...updated, ...restored], { source, at })
  const free = created.filter(isFree)
  const createdIds = await insertDevices(transaction, free, { source, at })
  await updateRegions(transaction, [...updated, ...restored, ...free])
  const stuck = idsOf(diff.updated.filter((one) => conflicts.has(one)))
  await noteSeen(transaction, [...diff.unchanged, ...stuck], at)
  await decommissionDevices(transaction, decommissioned, decommission?.by ?? null)
  const changes: AppliedChanges = {
    created: free.map(({ record }, index) => ({ id: createdIds[index] ?? 0, record })),
    updated,
    restored,
    decommissioned: diff.decommissioned,
    renamed,
  }
  const entries = entriesOf(changes, { at, actor, note: decommission?.note ?? [] })
  await inBatches(entries, (batch) => recordChanges(transaction, batch))
  return {
    created: free.length,
    updated: updated.length,
    restored: restored.length,
    decommissioned: decommissioned.length,
    unchanged: diff.unchanged.length + stuck.length,
    changedDeviceIds: [
      ...createdIds,
      ...idsOf(updated),
      ...idsOf(restored),
      ...decommissioned,
      ...idsOf(renamed),
    ],
    conflicts: [...conflicts].map(([{ record }, reason]) => ({ record, reason })),
    changes,
  }
}

function idsOf(devices: readonly { id: number }[]): number[] {
  return devices.map(({ id }) => id)
}

async function createPlaces(transaction: Transaction<Database>, wanted: readonly Wanted[]): Promise<void> {
  const places = new Map(
    wanted.map(({ record: { country, site } }) => [`${country}\n${site}`, { country, site }] as const),
  )
  await inBatches([...places.values()], async (batch) => {
    const table = jsonTable('given', { country: 'text', site: 'text' }, batch)
    await transaction
      .insertInto('countries')
      .columns(['name'])
      .expression((eb) => eb.selectFrom(table).select('given.country').distinct().where(ALWAYS))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await transaction
      .insertInto('sites')
      .columns(['country_id', 'name'])
      .expression((eb) =>
        eb
          .selectFrom(table)
          .innerJoin('countries', 'countries.name', 'given.country')
          .select(['countries.id', 'given.site'])
          .where(ALWAYS),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  })
}

/** Updates the regions of countries from the records of their devices, which agree on it. */
async function updateRegions(
  transaction: Transaction<Database>,
  changed: readonly { record: InventoryRecord }[],
): Promise<void> {
  const regions = new Map(changed.map(({ record: { country, region } }) => [country, region]))
  const rows = [...regions].map(([country, region]) => ({ country, region }))
  await transaction
    .updateTable('countries')
    .from(jsonTable('given', { country: 'text', region: 'text' }, rows))
    .set((eb) => ({ region: eb.ref('given.region') }))
    .whereRef('countries.name', '=', 'given.country')
    .whereRef('countries.region', 'is distinct from', 'given.region')
    .execute()
}

/**
 * Devices whose time is written by one statement, which takes some milliseconds. Nearly all devices of a sync
 * are such, and each batch more is a turn of the event loop in which the transaction keeps others waiting.
 */
const SEEN_PER_STATEMENT = 2_000

async function noteSeen(
  transaction: Transaction<Database>,
  ids: readonly number[],
  at: number,
): Promise<void> {
  await inBatches(
    ids,
    (batch) =>
      transaction
        .updateTable('devices')
        .set({ last_seen_at: at })
        .where('id', 'in', jsonList(batch))
        .execute(),
    SEEN_PER_STATEMENT,
  )
}

async function decommissionDevices(
  transaction: Transaction<Database>,
  ids: readonly number[],
  by: string | null,
): Promise<void> {
  await inBatches(ids, (batch) =>
    transaction
      .updateTable('devices')
      .set({ lifecycle: 'DECOMMISSIONED', decommissioned_by: by })
      .where('id', 'in', jsonList(batch))
      .execute(),
  )
}

/** The changes of devices by a diff, without the records in conflict. */
export interface AppliedChanges extends Pick<InventoryDiff, 'updated' | 'restored' | 'decommissioned'> {
  created: readonly { id: number; record: InventoryRecord }[]
  /** Decommissioned devices whose names others have taken. */
  renamed: readonly RenamedDevice[]
}

const LEAVING: ChangedField = { field: 'lifecycle', before: 'ACTIVE', after: 'DECOMMISSIONED' }
export const RETURNING: ChangedField = { field: 'lifecycle', before: 'DECOMMISSIONED', after: 'ACTIVE' }

/**
 * Yields one entry of the change log for each device and change.
 *
 * @param note further fields for the devices that are decommissioned
 */
function* entriesOf(
  { created, updated, restored, decommissioned, renamed }: AppliedChanges,
  { at, actor, note }: Pick<ChangeEntry, 'at' | 'actor'> & { note: readonly ChangedField[] },
): Generator<ChangeEntry> {
  for (const { id } of decommissioned) {
    yield { at, actor, action: 'DECOMMISSIONED', deviceId: id, fields: [LEAVING, ...note] }
  }
  for (const { id, before, after } of renamed) {
    yield { at, actor, action: 'UPDATED', deviceId: id, fields: [{ field: 'name', before, after }] }
  }
  for (const { id, changes } of updated) {
    yield { at, actor, action: 'UPDATED', deviceId: id, fields: changes }
  }
  for (const { id, changes } of restored) {
    yield { at, actor, action: 'RESTORED', deviceId: id, fields: [RETURNING, ...changes] }
  }
  for (const { id, record } of created) {
    yield { at, actor, action: 'CREATED', deviceId: id, fields: fieldsOf(record) }
  }
}

function fieldsOf(record: InventoryRecord): ChangedField[] {
  const fields: ChangedField[] = []
  for (const field of RECORD_FIELDS) {
    const value = record[field]
    if (value !== null) fields.push({ field, before: null, after: String(value) })
  }
  return fields
}
