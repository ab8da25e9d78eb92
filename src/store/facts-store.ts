import type { Kysely, Transaction } from 'kysely'
import type { DeviceFacts, ProbeReport } from '../netconf/probe-report.ts'
import type { Database } from './database.ts'
import { jsonList, jsonTable } from './json-values.ts'

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
      .select([
        'device_id as deviceId',
        'hostname',
        'vendor',
        'model',
        'os_version as osVersion',
        'serial_number as serialNumber',
        'read_from as readFrom',
        'read_at as readAt',
      ])
      .where('device_id', 'in', jsonList(deviceIds))
      .execute()
  }
}

const COLUMNS = [
  'device_id',
  'hostname',
  'vendor',
  'model',
  'os_version',
  'serial_number',
  'read_from',
  'read_at',
] as const

/** New facts replace the old ones as a whole; a probe that read none leaves them. */
export async function recordFacts(
  transaction: Transaction<Database>,
  results: readonly { deviceId: number; report: ProbeReport }[],
): Promise<void> {
  const rows = new Map(
    results.flatMap(({ deviceId, report: { facts, startedAt, durationMs } }) =>
      facts ? [[deviceId, toRow(deviceId, facts, Math.round(startedAt + durationMs))]] : [],
    ),
  )
  if (rows.size === 0) return
  await transaction
    .replaceInto('device_facts')
    .columns(COLUMNS)
    .expression((eb) => eb.selectFrom(jsonTable('given', COLUMNS, [...rows.values()])).select(COLUMNS))
    .execute()
}

function toRow(deviceId: number, facts: DeviceFacts, readAt: number): Database['device_facts'] {
  return {
    device_id: deviceId,
    hostname: facts.hostname,
    vendor: facts.vendor,
    model: facts.model,
    os_version: facts.osVersion,
    serial_number: facts.serialNumber,
    read_from: facts.readFrom,
    read_at: readAt,
  }
}
