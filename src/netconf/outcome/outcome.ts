/** The outcomes of a probe. The contract's `ProbeOutcome`. */
export const PROBE_OUTCOMES = [
  'SUPPORTED',
  'MISSING_CAPABILITIES',
  'NO_NETCONF',
  'DNS_FAILED',
  'CONNECTION_REFUSED',
  'UNREACHABLE',
  'SSH_FAILED',
  'HOST_KEY_CHANGED',
  'AUTH_FAILED',
  'PROTOCOL_ERROR',
  'CONNECTION_LOST',
  'TIMEOUT',
  'CANCELLED',
  'SKIPPED',
] as const
export type ProbeOutcome = (typeof PROBE_OUTCOMES)[number]

/** The phases of a probe, in order. The contract's `ProbePhase`. */
export const PROBE_PHASES = [
  'QUEUED',
  'RESOLVE',
  'CONNECT',
  'KEY_EXCHANGE',
  'AUTHENTICATE',
  'SUBSYSTEM',
  'HELLO',
  'FACTS',
  'CLOSE',
] as const
export type ProbePhase = (typeof PROBE_PHASES)[number]

/** The outcomes that could change if the probe is repeated without any change. */
const RETRYABLE: ReadonlySet<ProbeOutcome> = new Set([
  'DNS_FAILED',
  'CONNECTION_REFUSED',
  'UNREACHABLE',
  'CONNECTION_LOST',
  'TIMEOUT',
  'CANCELLED',
  'SKIPPED',
])

export function isRetryable(outcome: ProbeOutcome): boolean {
  return RETRYABLE.has(outcome)
}

/** Returns whether an outcome says something about the device. CANCELLED and SKIPPED say nothing about it. */
export function describesDevice(outcome: ProbeOutcome): boolean {
  return outcome !== 'CANCELLED' && outcome !== 'SKIPPED'
}
