import { isVerdict, type ProbeOutcome } from '../netconf/protocol/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'

/** One or two failures are an accident; from the third on the device keeps failing. */
const FAILURES_WITHOUT_HOLD = 2
const FIRST_MS = 5 * 60_000
/** So that the next scheduled refresh finds the hold over, although it may reach the device sooner than the last did. */
const SHARE_OF_INTERVAL = 0.9
/** Devices that failed together must not all be due together. */
const JITTER = 0.25

/** Where a device stands after a probe. */
export interface FailureCount {
  /** Probes in a row that opened no NETCONF session. */
  failures: number
  /** Epoch milliseconds before which it is not probed unless forced; null where nothing holds it back. */
  backOffUntil: number | null
}

/** Whether the probe found no NETCONF service that it could use. */
export function isFailure(outcome: ProbeOutcome): boolean {
  return isVerdict(outcome) && outcome !== 'SUPPORTED' && outcome !== 'MISSING_CAPABILITIES'
}

/**
 * Counts an outcome in, and holds a device back that keeps failing: from the third failure in a row on for 5 minutes,
 * doubled with each, less up to a quarter of it by chance, and always for less than the schedule's interval.
 *
 * @param random 0 to 1
 */
export function countOutcome(
  before: FailureCount,
  { outcome, endedAt }: { outcome: ProbeOutcome; endedAt: number },
  { intervalMs, random }: { intervalMs: number; random: number },
): FailureCount {
  if (!isVerdict(outcome)) return { failures: before.failures, backOffUntil: before.backOffUntil }
  if (!isFailure(outcome)) return { failures: 0, backOffUntil: null }
  const failures = before.failures + 1
  if (failures <= FAILURES_WITHOUT_HOLD) return { failures, backOffUntil: null }
  const doubledMs = FIRST_MS * 2 ** (failures - FAILURES_WITHOUT_HOLD - 1)
  const holdMs = Math.min(doubledMs, SHARE_OF_INTERVAL * intervalMs) * (1 - JITTER * random)
  return { failures, backOffUntil: Math.round(endedAt + holdMs) }
}

/** The same for a report, by chance. */
export function countReport(
  before: FailureCount,
  { outcome, startedAt, durationMs }: ProbeReport,
  intervalMs: number,
): FailureCount {
  const endedAt = startedAt + durationMs
  return countOutcome(before, { outcome, endedAt }, { intervalMs, random: Math.random() })
}
