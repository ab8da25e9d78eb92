import { matches } from '../config/match.ts'
import type { Config } from '../config/schema.ts'
import type { KnownHosts } from '../netconf/known-hosts.ts'
import type { HostKeyExpectation, KnownHostKey, ProbeTask } from '../netconf/probe-report.ts'

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

  /** The name of the credential that is used for a device; null where none is configured for it. */
  credentialOf(device: ProbedDevice): string | null {
    return this.#credentialFor(device)?.name ?? null
  }

  /** Whether a device showed another key than the one it is known by, and nobody has decided yet which is right. */
  hasChangedKey({ hostKey }: ProbedDevice): boolean {
    // Where keys are not compared with the first, a change found before the configuration was changed holds nothing.
    return typeof hostKey?.offeredFingerprint === 'string' && this.#config.probe.hostKeys === 'trust-first'
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
