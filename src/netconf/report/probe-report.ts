import type { ProbeOutcome, ProbePhase } from '../outcome/outcome.ts'
import type { CapabilityRequirement } from '../protocol/capabilities.ts'

/** The credential to log in to a device with. Plain data, so that it can be sent to a worker thread. */
export interface ProbeCredential {
  username: string
  password?: string | undefined
  /** The text of the decrypted private key, as `readPrivateKey` returns it. */
  privateKey?: string | undefined
  /** The UNIX socket of an ssh-agent whose keys are tried first. */
  agentSocket?: string | undefined
}

/** One device to probe. Plain data. */
export interface ProbeTask {
  /** IPv4, IPv6 or host name. */
  host: string
  port: number
  credential: ProbeCredential
  /**
   * The required capabilities: without one of them, the outcome is MISSING_CAPABILITIES instead of SUPPORTED.
   */
  required: readonly CapabilityRequirement[]
  /** The hard limit in milliseconds, from name resolution to the closed socket. */
  timeoutMs: number
  hostKeys: HostKeyExpectation
  /** Whether weak algorithms may be used if the device offers nothing better. */
  legacyAlgorithms: boolean
  /** Whether to read the host name, model, version and other facts. */
  readFacts: boolean
  /** The span of the probe, if it is traced: see base/tracing.ts. */
  traceParent?: string
}

/** A host key, in the notation of OpenSSH: `ssh-ed25519` and `SHA256:…`. */
export interface KnownHostKey {
  algorithm: string
  fingerprint: string
}

/** A key that a device is expected to offer. */
export interface ExpectedHostKey extends KnownHostKey {
  /**
   * Set if the key is known from another port of the host. It may match, but a different key is not a change.
   */
  ofOtherPort?: true
}

/**
 * The host keys to accept: `any` accepts every key, `known` only these. No credential is sent to a device
 * with another.
 */
export type HostKeyExpectation =
  | { check: 'any' }
  | {
      check: 'known'
      keys: readonly ExpectedHostKey[]
      /** Revoked keys. A device that offers one gets a message of its own. */
      revoked?: readonly KnownHostKey[]
    }

/** How long one phase of a probe took. */
export interface PhaseTiming {
  phase: ProbePhase
  durationMs: number
}

/** The result of requesting the YANG library. */
export type LibraryAnswer = 'read' | 'refused' | 'unanswered'

/** The result of a probe. Plain data: a failed probe is a report like any other. */
export interface ProbeReport {
  outcome: ProbeOutcome
  /** The phase in which the probe ended. */
  phase: ProbePhase
  /** A sentence for a person; null if the outcome says everything. Never contains a secret. */
  message: string | null
  /** Epoch milliseconds. */
  startedAt: number
  durationMs: number
  phases: PhaseTiming[]
  /**
   * The URIs of the server's hello and, if its YANG library was read, those of the library's modules. The
   * library is read if the hello lacks a required capability, or lists no module that provides the wanted
   * facts. Sorted and unique; null if no session was opened. Reports with the same capabilities may share one
   * array.
   */
  capabilities: readonly string[] | null
  /**
   * Null if it was not requested. Unless it was read, `capabilities` lacks the modules that only the library
   * lists.
   */
  library: LibraryAnswer | null
  /** The required capabilities that the session lacks, described for a person. */
  missing: string[]
  /** The NETCONF session-id; null if there was none, or it was not a number. */
  sessionId: number | null
  /** The details of the peer and of the connection, as far as the probe got. */
  peer: PeerDetails
  /** Null if they were not requested, or the device did not provide them. */
  facts: DeviceFacts | null
  /**
   * Remarks that do not change the outcome: at most ten sentences for a person, of at most 300 characters
   * each.
   */
  notes: string[]
  /** Set if this machine, not the device, ran out of a resource; the outcome is then SKIPPED. */
  shortage?: true
  /** Set if another service than SSH listens on the port; the outcome is then SSH_FAILED. */
  notSsh?: true
}

/** The facts of a device; null for those that it does not provide. */
export interface DeviceFacts {
  hostname: string | null
  vendor: string | null
  model: string | null
  osVersion: string | null
  serialNumber: string | null
  /** The YANG module that the facts were read from. */
  readFrom: string
}

/**
 * The negotiated algorithms. `mac` is null if the cipher needs none; `legacy` is true if any of them is weak.
 */
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
  /**
   * `verified` is true if the key exchange has proved that the device has the key; false for a refused key.
   */
  hostKey: (KnownHostKey & { verified: boolean }) | null
  algorithms: NegotiatedAlgorithms | null
  /** The framing that follows from both hellos (RFC 6242 section 4). */
  framing: 'end-of-message' | 'chunked' | null
  said: PeerText
}

/**
 * Excerpts of the text that a peer sent, of one line each; null for those that it did not send. The
 * keys are part of the output of `rollcall probe --json`.
 */
interface PeerText {
  /** The banner of its SSH login (RFC 4252 section 5.4). */
  banner: string | null
  /** The standard error of the netconf subsystem. */
  stderr: string | null
  /** The bytes before the hello or, without a usable hello, instead of it. */
  noise: string | null
}

/** Returns the details of a peer before anything is known about it. */
export function unknownPeer(): PeerDetails {
  return {
    address: null,
    identification: null,
    hostKey: null,
    algorithms: null,
    framing: null,
    said: { banner: null, stderr: null, noise: null },
  }
}

/** A device that offers every module with facts, and refuses them all, gets about this many. */
export const MAX_NOTES = 10
const MAX_NOTE_LENGTH = 300

/**
 * Returns the first ten notes on a probe, each cut to 300 characters, so that a device cannot fill the
 * database.
 */
export function boundedNotes(notes: readonly string[]): string[] {
  return notes.slice(0, MAX_NOTES).map((note) => {
    if (note.length <= MAX_NOTE_LENGTH) return note
    // A cut in the middle of a surrogate pair would leave half a character.
    return `${note.slice(0, MAX_NOTE_LENGTH - 1).replace(/[\ud800-\udbff]$/, '')}…`
  })
}
