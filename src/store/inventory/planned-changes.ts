import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { HeldChanges } from '../../inventory/judge-plan.ts'
import type { InventoryRecord } from '../../inventory/record.ts'
import type { ChangedField } from '../results/change-store.ts'
import { inBatches } from '../tables/batches.ts'
import type { ChangeAction, Database } from '../tables/database.ts'
import { columnsOf, jsonTable } from '../tables/json-values.ts'
import { type AppliedChanges, RETURNING } from './inventory-apply.ts'

/** One change that a plan would make or has made. */
export interface PlannedChange {
  action: ChangeAction
  /** Null for a device that would be created. */
  deviceId: number | null
  /** The name that the device has after the change; so are site and country. */
  name: string
  site: string
  country: string
  /** Empty for CREATED and DECOMMISSIONED. */
  fields: readonly ChangedField[]
}

/** The changes of one plan. */
export interface PlanChanges {
  applied: AppliedChanges
  /** Whether what was applied was undone again. */
  isDryRun: boolean
  held: HeldChanges
}

const COLUMNS = ['set_id', 'action', 'device_id', 'name', 'site', 'country', 'fields', 'is_held'] as const

interface NewChange extends PlannedChange {
  /** 1 for a change that awaits approval. */
  isHeld: number
}

/**
 * Stores the changes of a plan. A plan that was not applied as a whole may be planned again at every sync, so
 * plans with equal lists share one.
 *
 * @returns the id of the list; null if there are no changes
 */
export async function storeChanges(
  transaction: Transaction<Database>,
  changes: PlanChanges,
  { isShared }: { isShared: boolean },
): Promise<number | null> {
  if (changesOf(changes).next().done) return null
  const hash = isShared ? await hashOf(changes) : null
  if (hash !== null) {
    const same = await transaction
      .selectFrom('planned_change_sets')
      .select('id')
      .where('hash', '=', hash)
      .executeTakeFirst()
    if (same) return same.id
  }
  const setId = await createSet(transaction, hash)
  await insertChanges(transaction, setId, changes)
  return setId
}

/**
 * Stores the changes of a plan that was approved: those that were applied before it awaited approval, and
 * those of the approval.
 *
 * @param before the id of the list before the approval; null if there was none
 */
export async function storeApprovedChanges(
  transaction: Transaction<Database>,
  changes: PlanChanges,
  before: number | null,
): Promise<number> {
  const setId = await createSet(transaction, null)
  const sets = jsonTable('given', { setId: 'integer', before: 'integer' }, [{ setId, before }])
  await transaction
    .insertInto('planned_changes')
    .columns(COLUMNS)
    .expression((eb) =>
      eb
        .selectFrom(sets)
        .innerJoin('planned_changes', 'planned_changes.set_id', 'given.before')
        .select(['given.setId', 'action', 'device_id', 'name', 'site', 'country', 'fields', 'is_held'])
        .where('is_held', '=', 0),
    )
    .execute()
  await insertChanges(transaction, setId, changes)
  return setId
}

async function createSet(transaction: Transaction<Database>, hash: string | null): Promise<number> {
  const { id } = await transaction
    .insertInto('planned_change_sets')
    .values({ hash })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

async function insertChanges(
  transaction: Transaction<Database>,
  setId: number,
  changes: PlanChanges,
): Promise<void> {
  const kinds = {
    setId: 'integer',
    action: 'text',
    deviceId: 'integer',
    name: 'text',
    site: 'text',
    country: 'text',
    fields: 'text',
    isHeld: 'integer',
  } as const
  await inBatches(changesOf(changes), async (batch) => {
    const rows = batch.map((change) => ({ ...change, setId, fields: JSON.stringify(change.fields) }))
    await transaction
      .insertInto('planned_changes')
      .columns(COLUMNS)
      .expression((eb) => eb.selectFrom(jsonTable('given', kinds, rows)).select(columnsOf(kinds)))
      .execute()
  })
}

async function hashOf(changes: PlanChanges): Promise<string> {
  const hash = createHash('sha256')
  await inBatches(changesOf(changes), async (batch) => {
    hash.update(JSON.stringify(batch))
  })
  return hash.digest('hex')
}

function* changesOf({ applied, isDryRun, held }: PlanChanges): Generator<NewChange> {
  for (const { id, record } of applied.created) {
    // The id of a device that a dry run has created will be that of another one.
    yield { action: 'CREATED', ...placed(isDryRun ? null : id, record), fields: [], isHeld: 0 }
  }
  for (const record of held.created) {
    yield { action: 'CREATED', ...placed(null, record), fields: [], isHeld: 1 }
  }
  yield* changesOfKnown(applied, 0)
  yield* changesOfKnown(held, 1)
  for (const { id: deviceId, site, country, before, after } of applied.renamed) {
    const fields = [{ field: 'name', before, after }]
    yield { action: 'UPDATED', deviceId, name: after, site, country, fields, isHeld: 0 }
  }
}

function* changesOfKnown(
  { updated, restored, decommissioned }: Pick<HeldChanges, 'updated' | 'restored' | 'decommissioned'>,
  isHeld: number,
): Generator<NewChange> {
  for (const { id, record, changes } of updated) {
    yield { action: 'UPDATED', ...placed(id, record), fields: changes, isHeld }
  }
  for (const { id, record, changes } of restored) {
    yield { action: 'RESTORED', ...placed(id, record), fields: [RETURNING, ...changes], isHeld }
  }
  for (const { id, record } of decommissioned) {
    yield { action: 'DECOMMISSIONED', ...placed(id, record), fields: [], isHeld }
  }
}

function placed(deviceId: number | null, { name, site, country }: InventoryRecord) {
  return { deviceId, name, site, country }
}
