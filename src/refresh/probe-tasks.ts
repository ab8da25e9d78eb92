import { compileMatch } from '../config/match.ts'
import type { Config, Match } from '../config/schema.ts'
import type { HostKeyExpectation, KnownHostKey, ProbeTask } from '../netconf/report/probe-report.ts'
import type { KnownHosts } from '../netconf/ssh/known-hosts.ts'
import { CredentialChoice, type MatchableDevice } from './credential-choice.ts'

/** The fields that decide whether and how a device is probed. Such an object must not change. */
export interface ProbedDevice extends MatchableDevice {
  readonly address: string
  readonly port: number
  /** The key that it is known by, and the one that it offered instead; null if it has not offered any yet. */
  hostKey: (KnownHostKey & { offeredFingerprint: string | null }) | null
}

type ConfiguredCredential = Config['credentials'][number]

type Fits = ReturnType<typeof compileMatch>

/** An item for the devices that match. The globs are compiled once, since there are thousands of devices. */
interface Matching<Item> {
  item: Item
  fits: Fits
}

/** Turns devices into probe tasks as the configuration says. */
export class ProbeTasks {
  readonly #config: Config['probe']
  readonly #credentials: CredentialChoice<ConfiguredCredential>
  readonly #required: readonly Matching<Config['probe']['requiredCapabilities'][number]>[]
  readonly #legacy: readonly Fits[]

  constructor({ credentials, probe }: Pick<Config, 'credentials' | 'probe'>) {
    this.#config = probe
    this.#credentials = new CredentialChoice(credentials)
    this.#required = probe.requiredCapabilities.map(matching)
    this.#legacy = probe.legacyAlgorithms.map(compileMatch)
  }

  /**
   * Returns the task for a device; null if no credential is configured for it.
   *
   * @param knownHosts null: no key is known, if keys are checked against a known-hosts file
   */
  taskFor(device: ProbedDevice, knownHosts: KnownHosts | null): ProbeTask | null {
    const credential = this.#credentials.for(device)
    if (!credential) return null
    const { timeoutMs, facts } = this.#config
    return {
      host: device.address,
      port: device.port,
      credential,
      required: this.#required.filter(({ fits }) => fits(device)).map(({ item }) => item.requirement),
      timeoutMs,
      hostKeys: this.#hostKeysFor(device, knownHosts),
      legacyAlgorithms: this.#legacy.some((fits) => fits(device)),
      readFacts: facts,
    }
  }

  /** Returns the name of the credential that is used for a device; null if none is configured for it. */
  credentialOf(device: ProbedDevice): string | null {
    return this.#credentials.for(device)?.name ?? null
  }

  /**
   * Returns whether a device offered another key than the one it is known by, and nobody has trusted it yet.
   */
  hasChangedKey({ hostKey }: Pick<ProbedDevice, 'hostKey'>): boolean {
    return hasChangedKey(hostKey, this.#config.hostKeys)
  }

  #hostKeysFor(device: ProbedDevice, knownHosts: KnownHosts | null): HostKeyExpectation {
    const { hostKeys } = this.#config
    if (hostKeys === 'known-hosts') {
      const { address, port } = device
      const keys = knownHosts?.keysOf(address, port) ?? []
      return { check: 'known', keys, revoked: knownHosts?.revokedOf(address, port) ?? [] }
    }
    if (hostKeys === 'off' || device.hostKey === null) return { check: 'any' }
    const { algorithm, fingerprint } = device.hostKey
    return { check: 'known', keys: [{ algorithm, fingerprint }] }
  }
}

/** Does what `ProbeTasks.hasChangedKey` does, for a policy. */
export function hasChangedKey(
  hostKey: ProbedDevice['hostKey'],
  policy: Config['probe']['hostKeys'],
): boolean {
  // A change that was found under another policy does not matter any more.
  return typeof hostKey?.offeredFingerprint === 'string' && policy === 'trust-first'
}

function matching<Item extends { match: Match | null }>(item: Item): Matching<Item> {
  return { item, fits: compileMatch(item.match) }
}
