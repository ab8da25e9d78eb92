import { compileMatch } from '../config/match.ts'
import type { Match } from '../config/schema.ts'

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
