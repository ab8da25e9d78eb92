import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { PROBE_PHASES } from '../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { CredentialRow } from '../store/credential-store.ts'
import type { Store } from '../store/store.ts'

/** How long an accepted login proves that the credential is valid. */
const PROVEN_FOR_MS = 60_000

/**
 * The most devices at once for an unproven credential, in multiples of `suspendAfter`. With the default of
 * five, the 14,000 devices of a network that is down are probed within two hours.
 */
const MAX_UNPROVEN_FACTOR = 4

const LOGIN = PROBE_PHASES.indexOf('AUTHENTICATE')

interface GuardedCredential extends CredentialRow {
  /** Epoch milliseconds of the last accepted login; null after a rejection, or if it is too long ago. */
  provenAt: number | null
  /** The number of logins that may be tried at once until one is accepted. */
  allowance: number
  /** Whether its stored state was read. */
  isLoaded: boolean
}

/**
 * Returns how the login of a probe ended; null if the probe ended before that, or its report does not say.
 */
function loginOf({ outcome, phase }: ProbeReport): 'accepted' | 'rejected' | null {
  if (outcome === 'AUTH_FAILED') return 'rejected'
  return PROBE_PHASES.indexOf(phase) > LOGIN ? 'accepted' : null
}

export interface CredentialChange {
  /** The credentials of the configuration, in its order. */
  names: readonly string[]
  /** Those whose login has changed. */
  newLogins: readonly string[]
  suspendAfter: number
}

/**
 * Keeps credentials from locking the accounts behind them: a credential that devices reject is suspended.
 *
 * The states of a credential, and what moves it from one to the next:
 *
 * - ACTIVE → SUSPENDED: devices have rejected it `suspendAfter` times in a row, counted over all devices.
 * - SUSPENDED → ON_TRIAL: somebody resumes it (`putOnTrial`), its login changes (`change`), or Rollcall
 *   starts again (`load`). It stays as it is if a process takes over from another one.
 * - ON_TRIAL → ACTIVE: a device accepts it.
 * - ON_TRIAL → SUSPENDED: a device rejects it, or the refresh that tries it cannot be created (`endTrial`).
 *
 * The state limits on how many devices the credential is tried at once (`limitOf`):
 *
 * - SUSPENDED: on none.
 * - ON_TRIAL: on one at first.
 * - ACTIVE and proven, that is accepted within the last minute when the refresh began: on any number.
 * - ACTIVE and not proven: on as many as may still reject it before it is suspended. All logins under way may
 *   be rejected before the first answer arrives.
 *
 * Each probe that ends before its login raises the limit of an unproven credential by one, up to four times
 * `suspendAfter`. The first accepted login removes the limit.
 */
export class CredentialGuard {
  /** Those of the configuration, and those that a running refresh has from a former configuration. */
  readonly #credentials = new Map<string, GuardedCredential>()
  /** In the order of the configuration. */
  #names: readonly string[] = []
  #suspendAfter: number
  readonly #store: Store
  readonly #clock: Clock
  readonly #log: Logger
  readonly #isTakeover: boolean
  readonly #onSuspended: (name: string, rejections: number) => void
  readonly #unsaved = new Set<GuardedCredential>()
  #loaded: Promise<void> | undefined

  constructor(options: {
    names: readonly string[]
    suspendAfter: number
    store: Store
    clock: Clock
    log: Logger
    /** Whether another process guarded the credentials until now. */
    isTakeover: boolean
    onSuspended: (name: string, rejections: number) => void
  }) {
    this.#suspendAfter = options.suspendAfter
    this.#store = options.store
    this.#clock = options.clock
    this.#log = options.log
    this.#isTakeover = options.isTakeover
    this.#onSuspended = options.onSuspended
    this.#follow(options.names)
  }

  /**
   * Follows a change of the configuration. A credential whose login has changed must be proven again; if it
   * was suspended, it is tried, as after a restart. Credentials that are no longer configured stay known,
   * because a running refresh may use them.
   */
  change({ names, newLogins, suspendAfter }: CredentialChange): void {
    this.#suspendAfter = suspendAfter
    this.#follow(names)
    for (const name of newLogins) {
      const credential = this.#credentials.get(name)
      if (credential?.state === 'SUSPENDED') this.#setState(credential, 'ON_TRIAL')
      else if (credential !== undefined) this.#unprove(credential)
    }
    // Those that are new may have a state from before.
    this.#loaded = undefined
  }

  /** Reads the stored states, once. Await it before anything is probed or shown. */
  load(): Promise<void> {
    this.#loaded ??= this.#load().catch((failure: unknown) => {
      this.#loaded = undefined
      throw failure
    })
    return this.#loaded
  }

  /** Returns all credentials in the order of the configuration. */
  rows(): CredentialRow[] {
    return this.#names.flatMap((name) => this.row(name) ?? [])
  }

  /** Returns null if the configuration has no credential of that name. */
  row(name: string): CredentialRow | null {
    const credential = this.#names.includes(name) ? this.#credentials.get(name) : undefined
    return credential ? toRow(credential) : null
  }

  isSuspended(name: string): boolean {
    return this.#credentials.get(name)?.state === 'SUSPENDED'
  }

  /** Returns on how many devices the credential may be tried at once. */
  limitOf(name: string): number {
    const credential = this.#credentials.get(name)
    if (!credential) return 0
    if (credential.state === 'SUSPENDED') return 0
    return credential.provenAt === null ? credential.allowance : Number.POSITIVE_INFINITY
  }

  /**
   * Prepares for a refresh: a credential that was not accepted lately must be proven again, since the
   * password may have been changed in the meantime.
   */
  beginRefresh(): void {
    const now = this.#clock.now()
    for (const credential of this.#credentials.values()) {
      const agoMs = now - (credential.provenAt ?? Number.NEGATIVE_INFINITY)
      // A login in the future means that the clock was set back.
      if (agoMs < 0 || agoMs > PROVEN_FOR_MS) this.#unprove(credential)
    }
  }

  /** Records what a probe with the credential has shown about it. */
  record(name: string, report: ProbeReport): void {
    const credential = this.#credentials.get(name)
    if (!credential || credential.state === 'SUSPENDED') return
    const login = loginOf(report)
    if (login === 'accepted') this.#accept(credential)
    else if (login === 'rejected') this.#reject(credential)
    else if (credential.provenAt === null)
      credential.allowance = Math.min(credential.allowance + 1, MAX_UNPROVEN_FACTOR * this.#suspendAfter)
  }

  /**
   * Moves a suspended credential to ON_TRIAL, in the store first. If that rejects with DATABASE_UNAVAILABLE,
   * the credential stays suspended.
   */
  async putOnTrial(name: string): Promise<void> {
    const credential = this.#credentials.get(name)
    if (credential?.state !== 'SUSPENDED') return
    await this.#store.credentials.put([{ ...toRow(credential), state: 'ON_TRIAL' }])
    this.#setState(credential, 'ON_TRIAL')
    this.#unsaved.delete(credential)
  }

  /** Undoes `putOnTrial` if the refresh that tries the credential cannot be created. */
  endTrial(name: string): void {
    const credential = this.#credentials.get(name)
    if (credential?.state !== 'ON_TRIAL') return
    // `suspendedAt` still holds the time of the suspension.
    credential.state = 'SUSPENDED'
    this.#unsaved.add(credential)
  }

  /** Stores what has changed. If it rejects with DATABASE_UNAVAILABLE, call it again. */
  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return
    const saved = [...this.#unsaved]
    this.#unsaved.clear()
    try {
      await this.#store.credentials.put(saved.map(toRow))
    } catch (failure) {
      for (const credential of saved) this.#unsaved.add(credential)
      throw failure
    }
  }

  async #load(): Promise<void> {
    for (const row of await this.#store.credentials.all()) {
      const credential = this.#credentials.get(row.name)
      if (!credential || credential.isLoaded) continue
      Object.assign(credential, row)
      // The restart may follow a corrected password.
      if (row.state === 'SUSPENDED' && !this.#isTakeover) this.#setState(credential, 'ON_TRIAL')
      else this.#unprove(credential)
    }
    for (const credential of this.#credentials.values()) credential.isLoaded = true
  }

  #follow(names: readonly string[]): void {
    this.#names = names
    for (const name of names) {
      if (this.#credentials.has(name)) continue
      this.#credentials.set(name, {
        name,
        state: 'ACTIVE',
        rejections: 0,
        suspendedAt: null,
        provenAt: null,
        allowance: this.#suspendAfter,
        isLoaded: false,
      })
    }
  }

  #accept(credential: GuardedCredential): void {
    credential.provenAt = this.#clock.now()
    if (credential.rejections > 0) this.#unsaved.add(credential)
    credential.rejections = 0
    if (credential.state === 'ON_TRIAL') {
      this.#setState(credential, 'ACTIVE')
      this.#log.info(
        { event: 'credential.resumed', credential: credential.name },
        'credential resumed: a device has accepted it',
      )
    }
  }

  #reject(credential: GuardedCredential): void {
    credential.rejections += 1
    this.#unsaved.add(credential)
    if (credential.state === 'ACTIVE' && credential.rejections < this.#suspendAfter) {
      this.#unprove(credential)
      return
    }
    this.#setState(credential, 'SUSPENDED')
    const { name, rejections } = credential
    this.#log.error(
      { event: 'credential.suspended', credential: name, rejections },
      'credential suspended: devices reject it',
    )
    this.#onSuspended(name, rejections)
  }

  #unprove(credential: GuardedCredential): void {
    credential.provenAt = null
    credential.allowance =
      credential.state === 'ON_TRIAL' ? 1 : Math.max(1, this.#suspendAfter - credential.rejections)
  }

  #setState(credential: GuardedCredential, state: CredentialRow['state']): void {
    credential.state = state
    if (state === 'SUSPENDED') credential.suspendedAt = this.#clock.now()
    if (state === 'ACTIVE') credential.suspendedAt = null
    else this.#unprove(credential)
    this.#unsaved.add(credential)
  }
}

function toRow({ name, state, rejections, suspendedAt }: CredentialRow): CredentialRow {
  return { name, state, rejections, suspendedAt }
}
