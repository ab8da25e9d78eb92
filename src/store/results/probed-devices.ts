import type { Transaction } from 'kysely'
import type { ProbePhase } from '../../netconf/outcome/outcome.ts'
import type { DeviceFacts, ProbeReport } from '../../netconf/report/probe-report.ts'
import type { Database } from '../tables/database.ts'
import { jsonList, jsonTable } from '../tables/json-values.ts'

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

/** The result of one probe, with the ids of its stored rows. */
export interface ProbedResult {
  probeId: number
  deviceId: number
  report: ProbeReport
  /** Null if no session opened. */
  capabilitySetId: number | null
  /** Probes in a row, this one included, that opened no session. */
  failures: number
  /** Epoch milliseconds; null if the device is not backed off. */
  backOffUntil: number | null
}

/** The new state of a device. */
interface DeviceUpdate {
  deviceId: number
  probeId: number
  outcome: ProbeReport['outcome']
  phase: ProbeReport['phase']
  probedAt: number
  supported: number
  failures: number
  backOffUntil: number | null
  /** Null keeps the current value, here and below. */
  supportedAt: number | null
  missing: string | null
  factsReadAt: number | null
}

/** Returns when the probe ended, in epoch milliseconds. */
export function probedAtOf({ startedAt, durationMs }: ProbeReport): number {
  return Math.round(startedAt + durationMs)
}

/**
 * Updates the devices to their last results, except for what rarely changes: capability set, facts and host
 * key.
 */
export async function updateProbedDevices(
  transaction: Transaction<Database>,
  results: readonly ProbedResult[],
): Promise<void> {
  const updates = new Map<number, DeviceUpdate>()
  for (const result of results) {
    updates.set(result.deviceId, updateOf(result, updates.get(result.deviceId)))
  }
  const kinds = {
    deviceId: 'integer',
    probeId: 'integer',
    outcome: 'text',
    phase: 'text',
    probedAt: 'integer',
    supported: 'integer',
    failures: 'integer',
    backOffUntil: 'integer',
    supportedAt: 'integer',
    missing: 'text',
    factsReadAt: 'integer',
  } as const
  await transaction
    .updateTable('devices')
    .from(jsonTable('given', kinds, [...updates.values()]))
    .set((eb) => ({
      last_probe_id: eb.ref('given.probeId'),
      last_outcome: eb.ref('given.outcome'),
      last_phase: eb.ref('given.phase').$castTo<ProbePhase>(),
      last_probed_at: eb.ref('given.probedAt'),
      netconf_supported: eb.ref('given.supported'),
      failures: eb.ref('given.failures'),
      back_off_until: eb.ref('given.backOffUntil'),
      last_supported_at: eb.fn.coalesce('given.supportedAt', 'devices.last_supported_at'),
      missing_capabilities: eb.fn.coalesce('given.missing', 'devices.missing_capabilities'),
      facts_read_at: eb.fn.coalesce('given.factsReadAt', 'devices.facts_read_at'),
    }))
    .whereRef('devices.id', '=', 'given.deviceId')
    .execute()
}

/**
 * Merges a result over an earlier one of the same device, because one statement can change a row only once.
 */
function updateOf(
  { deviceId, probeId, report, capabilitySetId, failures, backOffUntil }: ProbedResult,
  earlier: DeviceUpdate | undefined,
): DeviceUpdate {
  const probedAt = probedAtOf(report)
  const supported = report.outcome === 'SUPPORTED'
  const opened = capabilitySetId !== null
  return {
    deviceId,
    probeId,
    outcome: report.outcome,
    phase: report.phase,
    probedAt,
    supported: supported ? 1 : 0,
    failures,
    backOffUntil,
    supportedAt: supported ? probedAt : (earlier?.supportedAt ?? null),
    missing: opened ? JSON.stringify(report.missing) : (earlier?.missing ?? null),
    factsReadAt: report.facts ? probedAt : (earlier?.factsReadAt ?? null),
  }
}
