/** How one probe ended. The contract's `ProbeOutcome`. */
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

/** How far a probe had come. The contract's `ProbePhase`, in the order in which a probe goes through them. */
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

/** Outcomes that a second, unchanged try could turn out otherwise. */
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

/** Outcomes that say something of the device, rather than of why it was not (or not to the end) asked. */
export function isVerdict(outcome: ProbeOutcome): boolean {
  return outcome !== 'CANCELLED' && outcome !== 'SKIPPED'
}
