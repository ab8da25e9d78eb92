import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { ApiServices } from '../context.ts'

/** Whether the gateway does what it is for; times are RFC 3339. */
export interface Readiness {
  ready: boolean
  /** One sentence each. */
  problems: string[]
  /** When the last refresh of everything was COMPLETED; null where none was yet. */
  lastCompletedCycleAt: string | null
  nextScheduledRefreshAt: string | null
}

/**
 * Ready is a gateway whose database can be read and is the one that it opened, with no refresh that waits to write it, and that
 * completes its cycles. A cycle that takes as long as
 * it may, right after one that ended at once, ends two intervals later: what takes longer than that is overdue.
 */
export class ReadinessCheck {
  readonly #services: ApiServices
  readonly #log: Logger
  /** By `Clock.elapsed`. */
  readonly #startedAt: number
  #told: string | null = null

  constructor(services: ApiServices, log: Logger) {
    this.#services = services
    this.#startedAt = services.clock.elapsed()
    this.#log = log
  }

  async run(): Promise<Readiness> {
    const { store, refreshes, gateway, clock } = this.#services
    const problems: string[] = []
    let completedAt: number | null = null
    try {
      await store.ping()
      completedAt = (await store.refreshes.lastCycle('COMPLETED'))?.finishedAt ?? null
      const damage = store.health.problem()
      if (damage !== null) problems.push(`${damage.publicMessage} The log says more.`)
      // Not by the time at which it was completed: that is still to come where the clock was set back.
      if ((refreshes.sinceCycleMs ?? clock.elapsed() - this.#startedAt) > 2 * gateway.everyMs) {
        problems.push('No refresh of everything was completed within two intervals of the schedule.')
      }
    } catch (failure) {
      problems.push('The database cannot be read; the log says why.')
      this.#tellOnce(failure)
    }
    if (refreshes.pausedBecause !== null) {
      problems.push('The database cannot be written, so that refreshes wait; the log says why.')
    }
    return {
      ready: problems.length === 0,
      problems,
      lastCompletedCycleAt: toText(completedAt),
      nextScheduledRefreshAt: toText(gateway.nextScheduledRefreshAt()),
    }
  }

  /** It is asked every few seconds, and the log needs one line. */
  #tellOnce(failure: unknown): void {
    const message = messageOf(failure)
    if (message === this.#told) return
    this.#told = message
    this.#log.error({ err: failure }, `not ready: ${message}`)
  }
}

function toText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
