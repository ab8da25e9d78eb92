import type { Transaction } from 'kysely'
import type { ChangeAction, Database } from '../tables/database.ts'
import { jsonTable } from '../tables/json-values.ts'

/** One changed field of a device, as text; null if it had, or has, no value. */
export interface ChangedField {
  field: string
  before: string | null
  after: string | null
}

/** One change of one device. */
export interface ChangeEntry {
  /** Epoch milliseconds. */
  at: number
  /**
   * A token's or user's name, `source:NAME`, or the part of Rollcall that found the change: `refresh`,
   * `known-hosts`.
   */
  actor: string
  action: ChangeAction
  deviceId: number
  fields: readonly ChangedField[]
}

/** Appends entries to the change log in their order, by one statement; none if the list is empty. */
export async function recordChanges(
  transaction: Transaction<Database>,
  entries: readonly ChangeEntry[],
): Promise<void> {
  if (entries.length === 0) return
  const columns = ['at', 'actor', 'action', 'deviceId', 'fields'] as const
  const rows = entries.map((entry) => ({ ...entry, fields: JSON.stringify(entry.fields) }))
  await transaction
    .insertInto('changes')
    .columns(['at', 'actor', 'action', 'device_id', 'fields'])
    .expression((eb) => eb.selectFrom(jsonTable('given', columns, rows)).select(columns))
    .execute()
}
