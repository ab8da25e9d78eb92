import type { CapabilityRequirement } from './capabilities.ts'
import type { ProbeOutcome, ProbePhase } from './outcome.ts'

/** How to log in to a device. Plain data, so that it can be handed to a worker thread. */
export interface ProbeCredential {
  username: string
  password?: string | undefined
  /** The private key's text, in any form OpenSSH writes. */
  privateKey?: string | undefined
  passphrase?: string | undefined
}

/** One device to probe. Plain data. */
export interface ProbeTask {
  /** IPv4, IPv6 or host name. */
  host: string
  port: number
  credential: ProbeCredential
  /** The capabilities that make the difference between SUPPORTED and MISSING_CAPABILITIES. */
  required: readonly CapabilityRequirement[]
  /** Hard limit in milliseconds, from name resolution to the closed socket. */
  timeoutMs: number
}

/** How long one phase of a probe took. */
export interface PhaseTiming {
  phase: ProbePhase
  durationMs: number
}

/** What a probe found. Plain data: a failed probe is a report like any other. */
export interface ProbeReport {
  outcome: ProbeOutcome
  /** The phase that was reached when the probe ended. */
  phase: ProbePhase
  /** A sentence for a person; null where the outcome says it all. Never holds a secret. */
  message: string | null
  /** Epoch milliseconds. */
  startedAt: number
  durationMs: number
  phases: PhaseTiming[]
  /** The URIs of the server's hello, sorted and without repeats; null where no session opened. */
  capabilities: string[] | null
  /** What the opened session lacks of the required capabilities, as a person would name it. */
  missing: string[]
  /** The NETCONF session-id; null where there was none, or it was no number. */
  sessionId: number | null
  /** What the peer said of itself and what was agreed with it, as far as the probe came. */
  peer: PeerDetails
}

export interface PeerDetails {
  /** The address that the name resolved to. */
  address: string | null
  /** The SSH identification string (RFC 4253 section 4.2), for example `OpenSSH_9.2p1 Debian-2`. */
  identification: string | null
  hostKey: { algorithm: string; fingerprint: string } | null
  algorithms: { kex: string; cipher: string; mac: string | null; hostKey: string } | null
  /** The framing that both sides' hellos agree on (RFC 6242 section 4). */
  framing: 'end-of-message' | 'chunked' | null
}
