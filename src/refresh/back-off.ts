import { describesDevice, type ProbeOutcome } from '../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'

/** One or two failures may be a coincidence. From the third in a row, the device is held back. */
const FAILURES_WITHOUT_HOLD = 2
const FIRST_MS = 5 * 60_000
/**
 * Ends each hold before the next scheduled refresh, which may reach the device earlier than the last one did.
 */
const SHARE_OF_INTERVAL = 0.9
/** Spreads devices that failed together, so that they are not all due together. */
const JITTER = 0.25

/** The failures of a device in a row, and how long they hold it back. */
export interface FailureCount {
  /** The number of probes in a row that opened no NETCONF session. */
  failures: number
  /** Epoch milliseconds until which it is probed only if forced; null if it is not held back. */
  backOffUntil: number | null
}

/** Returns whether a probe with this outcome found no usable NETCONF service. */
export function isFailure(outcome: ProbeOutcome): boolean {
  return describesDevice(outcome) && outcome !== 'SUPPORTED' && outcome !== 'MISSING_CAPABILITIES'
}

/**
 * Counts an outcome, and holds a device back that keeps failing. The third failure in a row holds it for 5
 * minutes, and each further one for twice as long, but always for less than the schedule's interval. A random
 * part of up to a quarter is subtracted.
 *
 * @param random 0 to 1
 */
export function countOutcome(
  before: FailureCount,
  { outcome, endedAt }: { outcome: ProbeOutcome; endedAt: number },
  { intervalMs, random }: { intervalMs: number; random: number },
): FailureCount {
  if (!describesDevice(outcome)) return { failures: before.failures, backOffUntil: before.backOffUntil }
  if (!isFailure(outcome)) return { failures: 0, backOffUntil: null }
  const failures = before.failures + 1
  if (failures <= FAILURES_WITHOUT_HOLD) return { failures, backOffUntil: null }
  const doubledMs = FIRST_MS * 2 ** (failures - FAILURES_WITHOUT_HOLD - 1)
  const holdMs = Math.min(doubledMs, SHARE_OF_INTERVAL * intervalMs) * (1 - JITTER * random)
  return { failures, backOffUntil: Math.round(endedAt + holdMs) }
}

/** Counts the outcome of a report, as `countOutcome` does, with a random number of its own. */
export function countReport(
  before: FailureCount,
  { outcome, startedAt, durationMs }: ProbeReport,
  intervalMs: number,
): FailureCount {
  const endedAt = startedAt + durationMs
  return countOutcome(before, { outcome, endedAt }, { intervalMs, random: Math.random() })
}
