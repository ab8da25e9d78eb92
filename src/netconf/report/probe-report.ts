import type { CapabilityRequirement } from '../protocol/capabilities.ts'
import type { ProbeOutcome, ProbePhase } from '../protocol/outcome.ts'

/** How to log in to a device. Plain data, so that it can be handed to a worker thread. */
export interface ProbeCredential {
  username: string
  password?: string | undefined
  /** The private key's text, decrypted, as `readPrivateKey` gives it. */
  privateKey?: string | undefined
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

/** A key that a device is expected to show. */
export interface ExpectedHostKey extends KnownHostKey {
  /**
   * It is known of another port of the host: it may be this one's too, but another key there is no change.
   */
  ofOtherPort?: true
}

/** `any` takes whatever key the device shows; `known` only these, and no credential is sent to any other. */
export type HostKeyExpectation =
  | { check: 'any' }
  | {
      check: 'known'
      keys: readonly ExpectedHostKey[]
      /** Keys that nobody may trust any more, so that a device with one can be told from a stranger. */
      revoked?: readonly KnownHostKey[]
    }

/** How long one phase of a probe took. */
export interface PhaseTiming {
  phase: ProbePhase
  durationMs: number
}

/** What became of a YANG library that was asked for. */
export type LibraryAnswer = 'read' | 'refused' | 'unanswered'

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
  /**
   * The URIs of the server's hello, and those of the modules of its YANG library where that was read: it is
   * asked for where the server has one and the hello lacks what is required, or names nothing that tells the
   * facts that are wanted. Sorted and without repeats; null where no session opened. Reports of devices that
   * said the same may share the very same array.
   */
  capabilities: readonly string[] | null
  /**
   * Null where it was not asked for. Unless it was read, modules that only it names are not among
   * `capabilities`.
   */
  library: LibraryAnswer | null
  /** What the opened session lacks of the required capabilities, as a person would name it. */
  missing: string[]
  /** The NETCONF session-id; null where there was none, or it was no number. */
  sessionId: number | null
  /** What the peer said of itself and what was agreed with it, as far as the probe came. */
  peer: PeerDetails
  /** Null where they were not asked for, or the device did not give them. */
  facts: DeviceFacts | null
  /**
   * Remarks that do not change the outcome: at most ten sentences for a person, of at most 300 characters
   * each.
   */
  notes: string[]
  /** Set if this machine, not the device, lacked what the probe needs; the outcome is SKIPPED then. */
  shortage?: true
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

/**
 * What the key exchange settled on; `mac` is null where the cipher needs none, `legacy` where any of it is
 * weak.
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
   * `verified`: the key exchange has shown that the device holds the key; false for a key that was refused.
   */
  hostKey: (KnownHostKey & { verified: boolean }) | null
  algorithms: NegotiatedAlgorithms | null
  /** The framing that both sides' hellos agree on (RFC 6242 section 4). */
  framing: 'end-of-message' | 'chunked' | null
  said: PeerWords
}

/** What a peer said in its own words: excerpts of one line each, null for what it did not say. */
interface PeerWords {
  /** The banner of its SSH login (RFC 4252 section 5.4). */
  banner: string | null
  /** What the netconf subsystem wrote to standard error. */
  stderr: string | null
  /** What came before the hello; where there is no hello that can be used, what came instead of it. */
  noise: string | null
}

/** The details of a peer of which nothing is known yet. */
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

/** A device with every module that tells facts, all of which it refuses, gets about as many. */
export const MAX_NOTES = 10
const MAX_NOTE_LENGTH = 300

/**
 * Returns the first ten notes on a probe, each cut to 300 characters, so that no device decides how much is
 * kept.
 */
export function boundedNotes(notes: readonly string[]): string[] {
  return notes.slice(0, MAX_NOTES).map((note) => {
    if (note.length <= MAX_NOTE_LENGTH) return note
    // A character outside of the basic plane is two units, and half of one is none.
    return `${note.slice(0, MAX_NOTE_LENGTH - 1).replace(/[\ud800-\udbff]$/, '')}…`
  })
}
