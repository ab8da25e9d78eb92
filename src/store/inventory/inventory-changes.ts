import type { FieldChange } from '../../inventory/diff.ts'
import { type InventoryRecord, RECORD_FIELDS } from '../../inventory/record.ts'
import type { ChangedField, ChangeEntry } from '../results/change-writer.ts'
import type { Retired } from './inventory-names.ts'

/** What a change of the inventory did to devices, without the records that could not have their place. */
export interface AppliedChanges {
  created: readonly { id: number; record: InventoryRecord }[]
  updated: readonly { id: number; changes: readonly FieldChange[] }[]
  restored: readonly { id: number; changes: readonly FieldChange[] }[]
  decommissioned: readonly number[]
  /** What else is to be told of those that are decommissioned. */
  note: readonly ChangedField[]
  retired: readonly Retired[]
}

const LEAVING: ChangedField = { field: 'lifecycle', before: 'ACTIVE', after: 'DECOMMISSIONED' }
const RETURNING: ChangedField = { field: 'lifecycle', before: 'DECOMMISSIONED', after: 'ACTIVE' }

/** One entry for each device and change, for the change log. */
export function* entriesOf(
  { created, updated, restored, decommissioned, note, retired }: AppliedChanges,
  { at, actor }: Pick<ChangeEntry, 'at' | 'actor'>,
): Generator<ChangeEntry> {
  for (const deviceId of decommissioned) {
    yield { at, actor, action: 'DECOMMISSIONED', deviceId, fields: [LEAVING, ...note] }
  }
  for (const { id, before, after } of retired) {
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
