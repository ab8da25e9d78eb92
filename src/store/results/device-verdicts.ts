import type { Transaction } from 'kysely'
import type { ProbeReport } from '../../netconf/report/probe-report.ts'
import type { Database } from '../tables/database.ts'
import { jsonTable } from '../tables/json-values.ts'

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
  missing: string | null
  factsReadAt: number | null
}

/** Epoch milliseconds. */
export function probedAtOf({ startedAt, durationMs }: ProbeReport): number {
  return Math.round(startedAt + durationMs)
}

/** Makes the devices say what their last result says, but for what mostly stays the same: capabilities, facts, host key. */
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
}

/** One statement can change a row only once, so the results of one device are folded, the later over the earlier. */
function verdictOf(
  { deviceId, probeId, report, capabilitySetId, failures, backOffUntil }: ProbedResult,
  earlier: Verdict | undefined,
): Verdict {
  const probedAt = probedAtOf(report)
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
    missing: opened ? JSON.stringify(report.missing) : (earlier?.missing ?? null),
    factsReadAt: report.facts ? probedAt : (earlier?.factsReadAt ?? null),
  }
}
