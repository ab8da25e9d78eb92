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
  hostKeys: HostKeyExpectation
  /** Whether algorithms that are known to be weak may be used where the device offers nothing better. */
  legacyAlgorithms: boolean
  /** Whether to ask the device for its host name, model, version and the like. */
  readFacts: boolean
}

/** A host key, by what OpenSSH calls it: `ssh-ed25519` and `SHA256:…`. */
export interface KnownHostKey {
  algorithm: string
  fingerprint: string
}

/** `any` takes whatever key the device shows; `known` only these, and no credential is sent to any other. */
export type HostKeyExpectation = { check: 'any' } | { check: 'known'; keys: readonly KnownHostKey[] }

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
  /** Null where they were not asked for, or the device did not give them. */
  facts: DeviceFacts | null
  /** What went wrong without bearing on the outcome, one sentence each, for a log and for a person who looks closely. */
  notes: string[]
}

/** What a device says of itself; null for what it does not say. */
export interface DeviceFacts {
  hostname: string | null
  vendor: string | null
  model: string | null
  osVersion: string | null
  serialNumber: string | null
  /** The YANG module that they were read from. */
  readFrom: string
}

/** What the key exchange settled on; `mac` is null where the cipher needs none, `legacy` where any of it is weak. */
export interface NegotiatedAlgorithms {
  kex: string
  cipher: string
  mac: string | null
  hostKey: string
  legacy: boolean
}

export interface PeerDetails {
  /** The address that the name resolved to. */
  address: string | null
  /** The SSH identification string (RFC 4253 section 4.2), for example `OpenSSH_9.2p1 Debian-2`. */
  identification: string | null
  /** `verified`: the key exchange has shown that the device holds the key; false for a key that was refused. */
  hostKey: (KnownHostKey & { verified: boolean }) | null
  algorithms: NegotiatedAlgorithms | null
  /** The framing that both sides' hellos agree on (RFC 6242 section 4). */
  framing: 'end-of-message' | 'chunked' | null
}
