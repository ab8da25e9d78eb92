import { matches } from '../config/match.ts'
import type { Config } from '../config/schema.ts'
import type { KnownHosts } from '../netconf/known-hosts.ts'
import {
  type HostKeyExpectation,
  type KnownHostKey,
  type ProbeReport,
  type ProbeTask,
  unknownPeer,
} from '../netconf/probe-report.ts'

/** What decides how a device is probed, and whether it is. */
export interface ProbedDevice {
  name: string
  address: string
  port: number
  platform: string | null
  credential: string | null
  site: string
  country: string
  /** The key that it is known by, and the one that it showed instead; null where it has not shown any yet. */
  hostKey: (KnownHostKey & { offeredFingerprint: string | null }) | null
}

export const PROBE_HOLDS = [
  'DECOMMISSIONED',
  'CREDENTIAL_SUSPENDED',
  'HOST_KEY_CHANGED',
  'NO_CREDENTIAL',
  'BACKING_OFF',
] as const
/** Why a device is not being probed. The contract's `ProbeHold`. */
export type ProbeHold = (typeof PROBE_HOLDS)[number]

/** Turns devices into probe tasks as the configuration says. */
export class ProbeTasks {
  readonly #config: Pick<Config, 'credentials' | 'probe'>

  constructor(config: Pick<Config, 'credentials' | 'probe'>) {
    this.#config = config
  }

  /**
   * The task for a device; null where no credential is configured for it.
   *
   * @param knownHosts null: where keys are checked against a known-hosts file, none is known
   */
  taskFor(device: ProbedDevice, knownHosts: KnownHosts | null): ProbeTask | null {
    const credential = this.#credentialFor(device)
    if (!credential) return null
    const { probe } = this.#config
    return {
      host: device.address,
      port: device.port,
      credential,
      required: probe.requiredCapabilities
        .filter((required) => matches(required.match, device))
        .map((required) => required.requirement),
      timeoutMs: probe.timeoutMs,
      hostKeys: this.#hostKeysFor(device, knownHosts),
      legacyAlgorithms: probe.legacyAlgorithms.some((match) => matches(match, device)),
      readFacts: probe.facts,
    }
  }

  /** Why a device is not to be probed, null where nothing holds it back. */
  holdOf(device: ProbedDevice): 'HOST_KEY_CHANGED' | 'NO_CREDENTIAL' | null {
    // Where keys are not compared with the first, a change found before the configuration was changed holds nothing.
    const hasChanged = typeof device.hostKey?.offeredFingerprint === 'string'
    if (hasChanged && this.#config.probe.hostKeys === 'trust-first') return 'HOST_KEY_CHANGED'
    return this.#credentialFor(device) ? null : 'NO_CREDENTIAL'
  }

  #hostKeysFor(device: ProbedDevice, knownHosts: KnownHosts | null): HostKeyExpectation {
    const { hostKeys } = this.#config.probe
    if (hostKeys === 'known-hosts') {
      return { check: 'known', keys: knownHosts?.keysOf(device.address, device.port) ?? [] }
    }
    if (hostKeys === 'off' || device.hostKey === null) return { check: 'any' }
    const { algorithm, fingerprint } = device.hostKey
    return { check: 'known', keys: [{ algorithm, fingerprint }] }
  }

  #credentialFor(device: ProbedDevice) {
    return this.#config.credentials.find((credential) =>
      device.credential === null ? matches(credential.match, device) : credential.name === device.credential,
    )
  }
}

/** The result of a device that no credential fits: it is told, not left out. */
export function skippedWithoutCredential(device: ProbedDevice, at: number): ProbeReport {
  const message =
    device.credential === null
      ? 'No credential matches this device: add one to `credentials` in the configuration.'
      : `The inventory names the credential "${device.credential}" for this device, and the configuration has none of that name.`
  return withoutProbe(message, at)
}

/** The result of a device that showed another host key: nothing is sent to it until somebody trusts that key. */
export function skippedForHostKey({ hostKey }: ProbedDevice, at: number): ProbeReport {
  const message = `The device showed the host key ${hostKey?.offeredFingerprint} in place of ${hostKey?.fingerprint}, which it is known by: find out why, and trust the new key with the mutation trustHostKey if it is right.`
  return withoutProbe(message, at)
}

/** The result of a device whose probe threw, which only a bug does. It says nothing of the device. */
export function failedByBug(at: number): ProbeReport {
  return withoutProbe('Rollcall itself failed while it probed this device; its log says more.', at)
}

function withoutProbe(message: string, at: number): ProbeReport {
  return {
    outcome: 'SKIPPED',
    phase: 'QUEUED',
    message,
    startedAt: at,
    durationMs: 0,
    phases: [],
    capabilities: null,
    missing: [],
    sessionId: null,
    peer: unknownPeer(),
    facts: null,
    notes: [],
  }
}
