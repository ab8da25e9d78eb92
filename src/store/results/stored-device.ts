import type { Transaction } from 'kysely'
import type { DeviceFacts } from '../../netconf/report/probe-report.ts'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'

/** The trusted host key of a device, and another one that it offered. Times are epoch milliseconds. */
export interface StoredHostKey {
  algorithm: string
  fingerprint: string
  firstSeenAt: number
  /** Null, as are the next two, if it offered no other key. */
  offeredAlgorithm: string | null
  offeredFingerprint: string | null
  offeredAt: number | null
}

/** The state of a device that rarely changes between probes. */
export interface StoredDevice {
  capabilitySetId: number | null
  hostKey: StoredHostKey | null
  facts: DeviceFacts | null
}

/** Returns the stored state of the devices that exist, by id. It lets a batch write only what has changed. */
export async function storedDevices(
  transaction: Transaction<Database>,
  ids: readonly number[],
): Promise<Map<number, StoredDevice>> {
  const rows = await transaction
    .selectFrom('devices')
    .leftJoin('host_keys', 'host_keys.device_id', 'devices.id')
    .leftJoin('device_facts', 'device_facts.device_id', 'devices.id')
    .select([
      'devices.id',
      'devices.capability_set_id as capabilitySetId',
      'host_keys.algorithm',
      'host_keys.fingerprint',
      'host_keys.first_seen_at as firstSeenAt',
      'host_keys.offered_algorithm as offeredAlgorithm',
      'host_keys.offered_fingerprint as offeredFingerprint',
      'host_keys.offered_at as offeredAt',
      'device_facts.hostname',
      'device_facts.vendor',
      'device_facts.model',
      'device_facts.os_version as osVersion',
      'device_facts.serial_number as serialNumber',
      'device_facts.read_from as readFrom',
    ])
    .where('devices.id', 'in', jsonList(ids))
    .execute()
  return new Map(rows.map((row) => [row.id, toStored(row)]))
}

type Nullable<T> = { [Key in keyof T]: T[Key] | null }
type SelectedDevice = { capabilitySetId: number | null } & Nullable<StoredHostKey> & Nullable<DeviceFacts>

function toStored(row: SelectedDevice): StoredDevice {
  const { algorithm, fingerprint, firstSeenAt, offeredAlgorithm, offeredFingerprint, offeredAt } = row
  const { hostname, vendor, model, osVersion, serialNumber, readFrom } = row
  const hasKey = algorithm !== null && fingerprint !== null && firstSeenAt !== null
  return {
    capabilitySetId: row.capabilitySetId,
    hostKey: hasKey
      ? { algorithm, fingerprint, firstSeenAt, offeredAlgorithm, offeredFingerprint, offeredAt }
      : null,
    facts: readFrom === null ? null : { hostname, vendor, model, osVersion, serialNumber, readFrom },
  }
}
