import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { ProcessRole } from '../../store/process-store.ts'
import type { ApiServices } from '../context.ts'

/** Whether the gateway does its job. Times are in RFC 3339. */
export interface Readiness {
  ready: boolean
  /** One sentence for each problem. */
  problems: string[]
  /** When the last refresh of everything was COMPLETED; null before the first. */
  lastCompletedCycleAt: string | null
  nextScheduledRefreshAt: string | null
  /** The processes that work on the database, without the names of their hosts: anybody may read this. */
  processes: { role: ProcessRole; active: boolean; lastSeenAt: string | null }[]
}

/**
 * Checks whether the gateway is ready. It is ready if it can read the database that it opened, if no refresh
 * waits to write it, and if its cycles complete. A cycle may take one interval and begin up to one interval
 * after the last one ended. So a cycle is overdue after two intervals. If several processes use the database,
 * what concerns the engine is listed, and the gateway is ready without it: it answers queries.
 */
export class ReadinessCheck {
  readonly #services: ApiServices
  readonly #log: Logger
  /** The start by `Clock.elapsed`. */
  readonly #startedAt: number
  #loggedProblem: string | null = null

  constructor(services: ApiServices, log: Logger) {
    this.#services = services
    this.#startedAt = services.clock.elapsed()
    this.#log = log
  }

  async run(): Promise<Readiness> {
    const { store, refreshes, gateway, clock } = this.#services
    const problems: string[] = []
    /** The problems of the engine, which may be another process. */
    const ofEngine: string[] = []
    let completedAt: number | null = null
    try {
      await store.ping()
      completedAt = (await store.refreshes.lastCycle('COMPLETED'))?.finishedAt ?? null
      const damage = store.health.problem()
      if (damage !== null) problems.push(`${damage.publicMessage} The log says more.`)
      // Not by the time of completion, which is in the future if the clock was set back.
      if ((refreshes.sinceCycleMs ?? clock.elapsed() - this.#startedAt) > 2 * gateway.everyMs) {
        ofEngine.push('No refresh of everything was completed within two intervals of the schedule.')
      }
    } catch (failure) {
      problems.push('The database cannot be read; the log says why.')
      this.#logOnce(failure)
    }
    if (refreshes.pausedBecause !== null) {
      ofEngine.push('The database cannot be written, so that refreshes wait; the log says why.')
    }
    if (!gateway.hasEngine()) ofEngine.push('No engine is running; queries are answered all the same.')
    return {
      ready: problems.length === 0 && (ofEngine.length === 0 || !gateway.isAlone),
      problems: [...problems, ...ofEngine],
      lastCompletedCycleAt: toText(completedAt),
      nextScheduledRefreshAt: toText(gateway.nextScheduledRefreshAt()),
      processes: gateway.processes().map(({ role, active, lastSeenAt }) => ({
        role,
        active,
        lastSeenAt: toText(lastSeenAt),
      })),
    }
  }

  /** Logs a problem once, although the check runs every few seconds. */
  #logOnce(failure: unknown): void {
    const message = messageOf(failure)
    if (message === this.#loggedProblem) return
    this.#loggedProblem = message
    this.#log.error({ event: 'readiness.failed', err: failure }, `not ready: ${message}`)
  }
}

function toText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
