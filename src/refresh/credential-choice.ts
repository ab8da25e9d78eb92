import { compileMatch } from '../config/match.ts'
import type { Match } from '../config/schema.ts'

/** What decides which credential a device is probed with. Such an object is not changed any more. */
export interface MatchableDevice {
  readonly name: string
  readonly platform: string | null
  readonly credential: string | null
  readonly site: string
  readonly country: string
}

/** What of a configured credential decides for which devices it is used. */
export interface CredentialRule {
  name: string
  match: Match | null
}

/** Chooses the credential of each device: the one that the inventory names, or else the first that matches. */
export class CredentialChoice<Credential extends CredentialRule> {
  readonly #rules: readonly { credential: Credential; fits: ReturnType<typeof compileMatch> }[]
  /** The choice for each device that was asked for: there may be a hundred credentials to match. */
  readonly #chosen = new WeakMap<MatchableDevice, Credential | null>()

  constructor(credentials: readonly Credential[]) {
    this.#rules = credentials.map((credential) => ({ credential, fits: compileMatch(credential.match) }))
  }

  /** Null if no credential is configured for the device. */
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
