import { compileMatch } from '../config/match.ts'
import type { Config, Match } from '../config/schema.ts'
import type { HostKeyExpectation, KnownHostKey, ProbeTask } from '../netconf/report/probe-report.ts'
import type { KnownHosts } from '../netconf/ssh/known-hosts.ts'
import { CredentialChoice, type MatchableDevice } from './credential-choice.ts'

/** What decides how a device is probed, and whether it is. Such an object is not changed any more. */
export interface ProbedDevice extends MatchableDevice {
  readonly address: string
  readonly port: number
  /** The key that it is known by, and the one that it showed instead; null where it has not shown any yet. */
  hostKey: (KnownHostKey & { offeredFingerprint: string | null }) | null
}

type ConfiguredCredential = Config['credentials'][number]

type Fits = ReturnType<typeof compileMatch>

/** Something for the devices that it matches; the globs are compiled once, for there are thousands of devices. */
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
   * The task for a device; null where no credential is configured for it.
   *
   * @param knownHosts null: where keys are checked against a known-hosts file, none is known
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

  /** The name of the credential that is used for a device; null where none is configured for it. */
  credentialOf(device: ProbedDevice): string | null {
    return this.#credentials.for(device)?.name ?? null
  }

  /** Whether a device showed another key than the one it is known by, and nobody has decided yet which is right. */
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

/** See `ProbeTasks.hasChangedKey`. */
export function hasChangedKey(
  hostKey: ProbedDevice['hostKey'],
  policy: Config['probe']['hostKeys'],
): boolean {
  // Where keys are not compared with the first, a change found before the configuration was changed holds nothing.
  return typeof hostKey?.offeredFingerprint === 'string' && policy === 'trust-first'
}

function matching<Item extends { match: Match | null }>(item: Item): Matching<Item> {
  return { item, fits: compileMatch(item.match) }
}
