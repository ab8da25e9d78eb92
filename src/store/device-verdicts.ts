import type { Transaction } from 'kysely'
import type { ProbeReport } from '../netconf/probe-report.ts'
import type { Database } from './database.ts'
import { jsonTable } from './json-values.ts'
import type { StoredDevice } from './stored-device.ts'

/** The result of a probe of a device, with the ids of what is stored of it. */
export interface ProbedResult {
  probeId: number
  deviceId: number
  report: ProbeReport
  /** Null where no session opened. */
  capabilitySetId: number | null
  /** Probes in a row, this one included, that opened no session. */
  failures: number
  /** Epoch milliseconds; null where nothing holds the device back. */
  backOffUntil: number | null
}

/** What a device is to say from now on. */
interface Verdict {
  deviceId: number
  probeId: number
  outcome: ProbeReport['outcome']
  probedAt: number
  supported: number
  failures: number
  backOffUntil: number | null
  /** Null leaves what the device says, here and below. */
  supportedAt: number | null
  capabilitySetId: number | null
  missing: string | null
  factsReadAt: number | null
}

/**
 * Makes the devices say what their last result says.
 *
 * @param stored what is known of the devices by now
 */
export async function updateProbedDevices(
  transaction: Transaction<Database>,
  results: readonly ProbedResult[],
  stored: ReadonlyMap<number, StoredDevice>,
): Promise<void> {
  const verdicts = new Map<number, Verdict>()
  for (const result of results) {
    verdicts.set(result.deviceId, verdictOf(result, verdicts.get(result.deviceId)))
  }
  const columns = [
    'deviceId',
    'probeId',
    'outcome',
    'probedAt',
    'supported',
    'failures',
    'backOffUntil',
    'supportedAt',
    'missing',
    'factsReadAt',
  ] as const
  await transaction
    .updateTable('devices')
    .from(jsonTable('given', columns, [...verdicts.values()]))
    .set((eb) => ({
      last_probe_id: eb.ref('given.probeId'),
      last_outcome: eb.ref('given.outcome'),
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
  await updateCapabilitySets(
    transaction,
    [...verdicts.values()].filter(
      ({ deviceId, capabilitySetId }) =>
        capabilitySetId !== null && capabilitySetId !== stored.get(deviceId)?.capabilitySetId,
    ),
  )
}

/** Apart from the rest because it is rare: SQLite writes the index of a column that is named, changed or not. */
async function updateCapabilitySets(
  transaction: Transaction<Database>,
  verdicts: readonly Verdict[],
): Promise<void> {
  if (verdicts.length === 0) return
  await transaction
    .updateTable('devices')
    .from(jsonTable('given', ['deviceId', 'capabilitySetId'], verdicts))
    .set((eb) => ({ capability_set_id: eb.ref('given.capabilitySetId') }))
    .whereRef('devices.id', '=', 'given.deviceId')
    .execute()
}

/** One statement can change a row only once, so the results of one device are folded, the later over the earlier. */
function verdictOf(
  { deviceId, probeId, report, capabilitySetId, failures, backOffUntil }: ProbedResult,
  earlier: Verdict | undefined,
): Verdict {
  const probedAt = Math.round(report.startedAt + report.durationMs)
  const supported = report.outcome === 'SUPPORTED'
  const opened = capabilitySetId !== null
  return {
    deviceId,
    probeId,
    outcome: report.outcome,
    probedAt,
    supported: supported ? 1 : 0,
    failures,
    backOffUntil,
    supportedAt: supported ? probedAt : (earlier?.supportedAt ?? null),
    capabilitySetId: opened ? capabilitySetId : (earlier?.capabilitySetId ?? null),
    missing: opened ? JSON.stringify(report.missing) : (earlier?.missing ?? null),
    factsReadAt: report.facts ? probedAt : (earlier?.factsReadAt ?? null),
  }
}
