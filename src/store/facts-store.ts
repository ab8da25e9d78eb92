import { type Kysely, sql, type Transaction } from 'kysely'
import type { DeviceFacts, ProbeReport } from '../netconf/probe-report.ts'
import type { Database } from './database.ts'
import { jsonList, jsonTable } from './json-values.ts'
import type { StoredDevice } from './stored-device.ts'

/** What a device said of itself when it was last asked and answered. */
export interface FactsRow extends DeviceFacts {
  deviceId: number
  /** Epoch milliseconds. */
  readAt: number
}

/** Facts of devices; `ProbeStore.commitBatch` is what records them. */
export class FactsStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** In any order; a device that never gave any has no row. */
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
        // Written in the transaction that writes the facts, so it is never null here.
        sql<number>`devices.facts_read_at`.as('readAt'),
      ])
      .where('device_facts.device_id', 'in', jsonList(deviceIds))
      .execute()
  }
}

/**
 * New facts replace the old ones as a whole; a probe that read none leaves them. When they were read is for
 * `updateProbedDevices` to write.
 *
 * @param stored what is known of the devices by now
 */
export async function recordFacts(
  transaction: Transaction<Database>,
  results: readonly { deviceId: number; report: ProbeReport }[],
  stored: ReadonlyMap<number, StoredDevice>,
): Promise<void> {
  const told = new Map(
    results.flatMap(({ deviceId, report: { facts } }) => (facts ? [[deviceId, facts] as const] : [])),
  )
  const rows = [...told].flatMap(([deviceId, facts]) =>
    areSame(facts, stored.get(deviceId)?.facts ?? null) ? [] : [{ deviceId, ...facts }],
  )
  // Nearly every batch: all devices have said what they said before.
  if (rows.length === 0) return
  const columns = [
    'deviceId',
    'hostname',
    'vendor',
    'model',
    'osVersion',
    'serialNumber',
    'readFrom',
  ] as const
  await transaction
    .replaceInto('device_facts')
    .columns(['device_id', 'hostname', 'vendor', 'model', 'os_version', 'serial_number', 'read_from'])
    .expression((eb) => eb.selectFrom(jsonTable('given', columns, rows)).select(columns))
    .execute()
}

function areSame(facts: DeviceFacts, stored: DeviceFacts | null): boolean {
  return (
    stored !== null &&
    facts.hostname === stored.hostname &&
    facts.vendor === stored.vendor &&
    facts.model === stored.model &&
    facts.osVersion === stored.osVersion &&
    facts.serialNumber === stored.serialNumber &&
    facts.readFrom === stored.readFrom
  )
}
