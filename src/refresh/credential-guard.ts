import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { PROBE_PHASES } from '../netconf/protocol/outcome.ts'
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

interface Standing extends CredentialRow {
  /** Epoch milliseconds of the last accepted login; null after a rejection, or if it is too long ago. */
  provenAt: number | null
  /** The number of logins that may be tried at once until one is accepted. */
  allowance: number
}

/**
 * Returns how the login of a probe ended; null if the probe ended before that, or its report does not say.
 */
function loginOf({ outcome, phase }: ProbeReport): 'accepted' | 'rejected' | null {
  if (outcome === 'AUTH_FAILED') return 'rejected'
  return PROBE_PHASES.indexOf(phase) > LOGIN ? 'accepted' : null
}

/**
 * Keeps credentials from locking the accounts behind them: a credential that devices reject is suspended.
 *
 * The states of a credential, and what moves it from one to the next:
 *
 * - ACTIVE → SUSPENDED: devices have rejected it `suspendAfter` times in a row, counted over all devices.
 * - SUSPENDED → ON_TRIAL: somebody resumes it (`putOnTrial`), or Rollcall starts again (`load`).
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
  readonly #standings: ReadonlyMap<string, Standing>
  readonly #suspendAfter: number
  readonly #store: Store
  readonly #clock: Clock
  readonly #log: Logger
  readonly #onSuspended: (name: string) => void
  readonly #unsaved = new Set<Standing>()
  #loaded: Promise<void> | undefined

  constructor(options: {
    names: readonly string[]
    suspendAfter: number
    store: Store
    clock: Clock
    log: Logger
    onSuspended: (name: string) => void
  }) {
    this.#suspendAfter = options.suspendAfter
    this.#store = options.store
    this.#clock = options.clock
    this.#log = options.log
    this.#onSuspended = options.onSuspended
    this.#standings = new Map(
      options.names.map((name) => [
        name,
        {
          name,
          state: 'ACTIVE',
          rejections: 0,
          suspendedAt: null,
          provenAt: null,
          allowance: options.suspendAfter,
        },
      ]),
    )
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
    return [...this.#standings.values()].map(toRow)
  }

  /** Returns null if the configuration has no credential of that name. */
  row(name: string): CredentialRow | null {
    const standing = this.#standings.get(name)
    return standing ? toRow(standing) : null
  }

  isSuspended(name: string): boolean {
    return this.#standings.get(name)?.state === 'SUSPENDED'
  }

  /** Returns on how many devices the credential may be tried at once. */
  limitOf(name: string): number {
    const standing = this.#standings.get(name)
    if (!standing) return 0
    if (standing.state === 'SUSPENDED') return 0
    return standing.provenAt === null ? standing.allowance : Number.POSITIVE_INFINITY
  }

  /**
   * Prepares for a refresh: a credential that was not accepted lately must be proven again, since the
   * password may have been changed in the meantime.
   */
  beginRefresh(): void {
    const now = this.#clock.now()
    for (const standing of this.#standings.values()) {
      const agoMs = now - (standing.provenAt ?? Number.NEGATIVE_INFINITY)
      // A login in the future means that the clock was set back.
      if (agoMs < 0 || agoMs > PROVEN_FOR_MS) this.#unprove(standing)
    }
  }

  /** Records what a probe with the credential has shown about it. */
  record(name: string, report: ProbeReport): void {
    const standing = this.#standings.get(name)
    if (!standing || standing.state === 'SUSPENDED') return
    const login = loginOf(report)
    if (login === 'accepted') this.#accept(standing)
    else if (login === 'rejected') this.#reject(standing)
    else if (standing.provenAt === null)
      standing.allowance = Math.min(standing.allowance + 1, MAX_UNPROVEN_FACTOR * this.#suspendAfter)
  }

  /**
   * Moves a suspended credential to ON_TRIAL, in the store first. If that rejects with DATABASE_UNAVAILABLE,
   * the credential stays suspended.
   */
  async putOnTrial(name: string): Promise<void> {
    const standing = this.#standings.get(name)
    if (standing?.state !== 'SUSPENDED') return
    await this.#store.credentials.put([{ ...toRow(standing), state: 'ON_TRIAL' }])
    this.#setState(standing, 'ON_TRIAL')
    this.#unsaved.delete(standing)
  }

  /** Undoes `putOnTrial` if the refresh that tries the credential cannot be created. */
  endTrial(name: string): void {
    const standing = this.#standings.get(name)
    if (standing?.state !== 'ON_TRIAL') return
    // `suspendedAt` still holds the time of the suspension.
    standing.state = 'SUSPENDED'
    this.#unsaved.add(standing)
  }

  /** Stores what has changed. If it rejects with DATABASE_UNAVAILABLE, call it again. */
  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return
    const saved = [...this.#unsaved]
    this.#unsaved.clear()
    try {
      await this.#store.credentials.put(saved.map(toRow))
    } catch (failure) {
      for (const standing of saved) this.#unsaved.add(standing)
      throw failure
    }
  }

  async #load(): Promise<void> {
    for (const row of await this.#store.credentials.all()) {
      const standing = this.#standings.get(row.name)
      if (!standing) continue
      Object.assign(standing, row)
      // The restart may follow a corrected password.
      if (row.state === 'SUSPENDED') this.#setState(standing, 'ON_TRIAL')
      else this.#unprove(standing)
    }
  }

  #accept(standing: Standing): void {
    standing.provenAt = this.#clock.now()
    if (standing.rejections > 0) this.#unsaved.add(standing)
    standing.rejections = 0
    if (standing.state === 'ON_TRIAL') {
      this.#setState(standing, 'ACTIVE')
      this.#log.info({ credential: standing.name }, 'credential resumed: a device has accepted it')
    }
  }

  #reject(standing: Standing): void {
    standing.rejections += 1
    this.#unsaved.add(standing)
    if (standing.state === 'ACTIVE' && standing.rejections < this.#suspendAfter) {
      this.#unprove(standing)
      return
    }
    this.#setState(standing, 'SUSPENDED')
    const { name, rejections } = standing
    this.#log.error({ credential: name, rejections }, 'credential suspended: devices reject it')
    this.#onSuspended(name)
  }

  #unprove(standing: Standing): void {
    standing.provenAt = null
    standing.allowance =
      standing.state === 'ON_TRIAL' ? 1 : Math.max(1, this.#suspendAfter - standing.rejections)
  }

  #setState(standing: Standing, state: CredentialRow['state']): void {
    standing.state = state
    if (state === 'SUSPENDED') standing.suspendedAt = this.#clock.now()
    if (state === 'ACTIVE') standing.suspendedAt = null
    else this.#unprove(standing)
    this.#unsaved.add(standing)
  }
}

function toRow({ name, state, rejections, suspendedAt }: CredentialRow): CredentialRow {
  return { name, state, rejections, suspendedAt }
}
