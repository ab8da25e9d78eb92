import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { PROBE_PHASES } from '../netconf/protocol/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { CredentialRow } from '../store/credential-store.ts'
import type { Store } from '../store/store.ts'

/** A login that was accepted no longer ago than this shows that the credential is good. */
const PROVEN_FOR_MS = 60_000

/** Of `suspendAfter`: with four times five, 14,000 devices of a network that is down are asked within two hours. */
const MOST_UNPROVEN = 4

const LOGIN = PROBE_PHASES.indexOf('AUTHENTICATE')

interface Standing extends CredentialRow {
  /** Epoch milliseconds of the last accepted login, while nothing has spoken against the credential since. */
  provenAt: number | null
  /** How many logins may be tried at once until one is accepted. */
  allowance: number
}

/** What became of a login: null where the probe did not come so far, or does not tell. */
function loginOf({ outcome, phase }: ProbeReport): 'accepted' | 'rejected' | null {
  if (outcome === 'AUTH_FAILED') return 'rejected'
  return PROBE_PHASES.indexOf(phase) > LOGIN ? 'accepted' : null
}

/**
 * Keeps credentials from locking the accounts behind them. One that has been rejected `suspendAfter` times in a row,
 * over all devices, is suspended: nothing is tried with it until somebody resumes it or Rollcall starts again, and then
 * on one device first.
 *
 * Many logins are under way at once, and all of them may be rejected before the first answer is in. So a credential that
 * nothing has proven lately is tried at first on no more devices at once than it may be rejected by; each probe that does
 * not come to its login allows one more, up to four times as many, and the first login that is accepted lifts the limit.
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

  /** Reads, once, what a former process has found; to be awaited before anything is probed or shown. */
  load(): Promise<void> {
    this.#loaded ??= this.#load().catch((failure: unknown) => {
      this.#loaded = undefined
      throw failure
    })
    return this.#loaded
  }

  /** In the order of the configuration. */
  rows(): CredentialRow[] {
    return [...this.#standings.values()].map(toRow)
  }

  /** Null for a name that the configuration has not. */
  row(name: string): CredentialRow | null {
    const standing = this.#standings.get(name)
    return standing ? toRow(standing) : null
  }

  isSuspended(name: string): boolean {
    return this.#standings.get(name)?.state === 'SUSPENDED'
  }

  /** On how many devices the credential may be tried at once. */
  limitOf(name: string): number {
    const standing = this.#standings.get(name)
    if (!standing) return 0
    if (standing.state === 'SUSPENDED') return 0
    return standing.provenAt === null ? standing.allowance : Number.POSITIVE_INFINITY
  }

  /** A refresh begins: what has not been accepted lately is to be proven again, for it may have been changed meanwhile. */
  beginRefresh(): void {
    const now = this.#clock.now()
    for (const standing of this.#standings.values()) {
      const agoMs = now - (standing.provenAt ?? Number.NEGATIVE_INFINITY)
      // Of what is still to come nothing is known: the clock was set back.
      if (agoMs < 0 || agoMs > PROVEN_FOR_MS) this.#unprove(standing)
    }
  }

  /** Counts in what a probe with the credential has shown of it. */
  record(name: string, report: ProbeReport): void {
    const standing = this.#standings.get(name)
    if (!standing || standing.state === 'SUSPENDED') return
    const login = loginOf(report)
    if (login === 'accepted') this.#accept(standing)
    else if (login === 'rejected') this.#reject(standing)
    else if (standing.provenAt === null)
      standing.allowance = Math.min(standing.allowance + 1, MOST_UNPROVEN * this.#suspendAfter)
  }

  /**
   * Lets a suspended credential be tried again, on one device at first, once that is written down. Rejects with
   * DATABASE_UNAVAILABLE; then it stays suspended.
   */
  async putOnTrial(name: string): Promise<void> {
    const standing = this.#standings.get(name)
    if (standing?.state !== 'SUSPENDED') return
    await this.#store.credentials.put([{ ...toRow(standing), state: 'ON_TRIAL' }])
    this.#setState(standing, 'ON_TRIAL')
    this.#unsaved.delete(standing)
  }

  /** Takes `putOnTrial` back: there is nothing to try the credential on. */
  endTrial(name: string): void {
    const standing = this.#standings.get(name)
    if (standing?.state !== 'ON_TRIAL') return
    // It has been suspended since the same time as before.
    standing.state = 'SUSPENDED'
    this.#unsaved.add(standing)
  }

  /** Writes down what has changed. Rejects with DATABASE_UNAVAILABLE; then it is to be called again. */
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
      // Whoever starts Rollcall again may have mended it.
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
