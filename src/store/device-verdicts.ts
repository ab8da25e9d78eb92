import type { Transaction } from 'kysely'
import type { ProbeReport } from '../netconf/probe-report.ts'
import type { Database } from './database.ts'
import { jsonTable } from './json-values.ts'

/** The result of a probe of a device, with the ids of what is stored of it. */
export interface ProbedResult {
  probeId: number
  deviceId: number
  report: ProbeReport
  /** Null where no session opened. */
  capabilitySetId: number | null
}

/** What a device is to say from now on; null leaves what it says. */
interface Verdict {
  deviceId: number
  probeId: number
  outcome: ProbeReport['outcome']
  probedAt: number
  supported: number
  supportedAt: number | null
  capabilitySetId: number | null
  missing: string | null
}

/** Makes the devices say what their last result says. */
export async function updateProbedDevices(
  transaction: Transaction<Database>,
  results: readonly ProbedResult[],
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
    'supportedAt',
    'capabilitySetId',
    'missing',
  ] as const
  await transaction
    .updateTable('devices')
    .from(jsonTable('given', columns, [...verdicts.values()]))
    .set((eb) => ({
      last_probe_id: eb.ref('given.probeId'),
      last_outcome: eb.ref('given.outcome'),
      last_probed_at: eb.ref('given.probedAt'),
      netconf_supported: eb.ref('given.supported'),
      last_supported_at: eb.fn.coalesce('given.supportedAt', 'devices.last_supported_at'),
      capability_set_id: eb.fn.coalesce('given.capabilitySetId', 'devices.capability_set_id'),
      missing_capabilities: eb.fn.coalesce('given.missing', 'devices.missing_capabilities'),
    }))
    .whereRef('devices.id', '=', 'given.deviceId')
    .execute()
}

/** One statement can change a row only once, so the results of one device are folded, the later over the earlier. */
function verdictOf(
  { deviceId, probeId, report, capabilitySetId }: ProbedResult,
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
    supportedAt: supported ? probedAt : (earlier?.supportedAt ?? null),
    capabilitySetId: opened ? capabilitySetId : (earlier?.capabilitySetId ?? null),
    missing: opened ? JSON.stringify(report.missing) : (earlier?.missing ?? null),
  }
}
