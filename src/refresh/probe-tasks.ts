import { compileMatch } from '../config/match.ts'
import type { Config, Match } from '../config/schema.ts'
import type {
  HostKeyExpectation,
  KnownHostKey,
  ProbeCredential,
  ProbeTask,
} from '../netconf/report/probe-report.ts'
import type { KnownHosts } from '../netconf/ssh/host-keys.ts'

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
  readonly #loginOf: (credential: ConfiguredCredential) => ConfiguredCredential
  readonly #credentials: CredentialChoice<ConfiguredCredential>
  readonly #required: readonly Matching<Config['probe']['requiredCapabilities'][number]>[]
  readonly #legacy: readonly Fits[]

  /**
   * @param loginOf returns the credential as it is now, if its login may have changed since. Default: it is
   * as given.
   */
  constructor(
    { credentials, probe }: Pick<Config, 'credentials' | 'probe'>,
    loginOf = (credential: ConfiguredCredential) => credential,
  ) {
    this.#config = probe
    this.#loginOf = loginOf
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
    return credential && this.taskWith(this.#loginOf(credential), device, knownHosts)
  }

  /** Returns the task for a device with this credential instead of the configured one. */
  taskWith(credential: ProbeCredential, device: ProbedDevice, knownHosts: KnownHosts | null): ProbeTask {
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

/** The fields that decide which credential a device is probed with. Such an object must not change. */
export interface MatchableDevice {
  readonly name: string
  readonly platform: string | null
  readonly credential: string | null
  readonly site: string
  readonly country: string
}

/** The part of a configured credential that decides for which devices it is used. */
export interface CredentialRule {
  name: string
  match: Match | null
}

/**
 * Chooses the credential of each device: the one that the inventory names, otherwise the first that matches.
 */
export class CredentialChoice<Credential extends CredentialRule> {
  readonly #rules: readonly { credential: Credential; fits: ReturnType<typeof compileMatch> }[]
  /** A cache of the choices, since there may be a hundred credentials to match. */
  readonly #chosen = new WeakMap<MatchableDevice, Credential | null>()

  constructor(credentials: readonly Credential[]) {
    this.#rules = credentials.map((credential) => ({ credential, fits: compileMatch(credential.match) }))
  }

  /** Returns the credential for the device; null if none is configured for it. */
  for(device: MatchableDevice): Credential | null {
    const chosen = this.#chosen.get(device)
    if (chosen !== undefined) return chosen
    const rule = this.#rules.find(({ credential, fits }) =>
      device.credential === null ? fits(device) : credential.name === device.credential,
    )
    const credential = rule?.credential ?? null
    this.#chosen.set(device, credential)
    return credential
  }
}
