import { type Kysely, sql, type Transaction } from 'kysely'
import type { DeviceFacts, ProbeReport } from '../../netconf/report/probe-report.ts'
import type { Database } from '../tables/database.ts'
import { columnsOf, jsonList, jsonTable } from '../tables/json-values.ts'
import { ALWAYS } from '../tables/per-dialect.ts'
import type { ChangedField, ChangeEntry } from './change-store.ts'
import { probedAtOf, type StoredDevice } from './probed-devices.ts'

/** Facts whose changes are logged. `readFrom` is not among them: it does not describe the device. */
const LOGGED_FACTS = ['hostname', 'vendor', 'model', 'osVersion', 'serialNumber'] as const

/** The facts that a device gave when it last answered. */
export interface FactsRow extends DeviceFacts {
  deviceId: number
  /** Epoch milliseconds. */
  readAt: number
}

/** Facts of devices; `ProbeStore.commitBatch` records them. */
export class FactsStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Returns rows in any order; a device that never gave facts has none. */
  async ofDevices(deviceIds: readonly number[]): Promise<FactsRow[]> {
    return await this.#db
      .selectFrom('device_facts')
      .innerJoin('devices', 'devices.id', 'device_facts.device_id')
      .select([
        'device_facts.device_id as deviceId',
        'device_facts.hostname',
        'device_facts.vendor',
        'device_facts.model',
        'device_facts.os_version as osVersion',
        'device_facts.serial_number as serialNumber',
        'device_facts.read_from as readFrom',
        // Written in the same transaction as the facts, so it is never null here.
        sql<number>`devices.facts_read_at`.as('readAt'),
      ])
      .where('device_facts.device_id', 'in', jsonList(deviceIds))
      .execute()
  }
}

/**
 * Records facts. New facts replace the old ones as a whole; a probe that read none keeps them.
 * `updateProbedDevices` writes when they were read.
 *
 * @param stored the state of the devices before these results
 * @returns entries for the change log; the first facts of a device are no change
 */
export async function recordFacts(
  transaction: Transaction<Database>,
  results: readonly { deviceId: number; report: ProbeReport }[],
  stored: ReadonlyMap<number, StoredDevice>,
): Promise<ChangeEntry[]> {
  const told = new Map(
    results.flatMap(({ deviceId, report }) =>
      report.facts ? [[deviceId, { facts: report.facts, at: probedAtOf(report) }] as const] : [],
    ),
  )
  const changed = [...told].flatMap(([deviceId, { facts, at }]) => {
    const before = stored.get(deviceId)?.facts ?? null
    const fields = before === null ? [] : changedFields(before, facts)
    const isSame = before?.readFrom === facts.readFrom && fields.length === 0
    return isSame ? [] : [{ deviceId, facts, at, fields }]
  })
  // In nearly every batch, no device has changed.
  if (changed.length === 0) return []
  const kinds = {
    deviceId: 'integer',
    hostname: 'text',
    vendor: 'text',
    model: 'text',
    osVersion: 'text',
    serialNumber: 'text',
    readFrom: 'text',
  } as const
  const rows = changed.map(({ deviceId, facts }) => ({ deviceId, ...facts }))
  await transaction
    .insertInto('device_facts')
    .columns(['device_id', 'hostname', 'vendor', 'model', 'os_version', 'serial_number', 'read_from'])
    .expression((eb) =>
      eb
        .selectFrom(jsonTable('given', kinds, rows))
        .select(columnsOf(kinds))
        .where(ALWAYS),
    )
    .onConflict((conflict) =>
      conflict.column('device_id').doUpdateSet((eb) => ({
        hostname: eb.ref('excluded.hostname'),
        vendor: eb.ref('excluded.vendor'),
        model: eb.ref('excluded.model'),
        os_version: eb.ref('excluded.os_version'),
        serial_number: eb.ref('excluded.serial_number'),
        read_from: eb.ref('excluded.read_from'),
      })),
    )
    .execute()
  return changed.flatMap(({ deviceId, at, fields }) =>
    fields.length === 0 ? [] : [{ at, actor: 'refresh', action: 'FACTS_CHANGED', deviceId, fields }],
  )
}

function changedFields(before: DeviceFacts, after: DeviceFacts): ChangedField[] {
  return LOGGED_FACTS.flatMap((field) =>
    before[field] === after[field] ? [] : [{ field, before: before[field], after: after[field] }],
  )
}
