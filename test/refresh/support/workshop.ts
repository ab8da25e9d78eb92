import { setImmediate as nextTurn } from 'node:timers/promises'
import { Throttle, type ThrottledJob, type ThrottleOptions } from '../../../src/refresh/throttle/throttle.ts'
import { HandClock } from '../../support/hand-clock.ts'

/** A throttle over a clock that stands, with no limits but those that are given. */
export function newThrottle(limits: Partial<ThrottleOptions>): Throttle {
  const none = Number.POSITIVE_INFINITY
  return new Throttle({
    concurrency: none,
    perSite: none,
    perCredential: none,
    startsPerSecond: none,
    clock: new HandClock(),
    credentialLimit: () => none,
    ...limits,
  })
}

/** What a job of a workshop belongs to; what is not given is the same for all. */
type Belonging = Partial<Pick<ThrottledJob, 'siteId' | 'credential' | 'region' | 'group'>>

/** Makes jobs that end when told to, and keeps account of which run. */
export class Workshop {
  /** Labels, in the order in which the jobs started. */
  readonly started: string[] = []
  readonly #running = new Map<string, { siteId: number; end: () => void }>()
  /** The most that ever ran at once, in all and at one site. */
  peak = { all: 0, site: 0 }

  job(label: string, belonging: Belonging = {}): ThrottledJob {
    const job = { siteId: 1, credential: 'any', region: 'local', group: 1, ...belonging }
    return { ...job, run: () => this.#run(label, job.siteId) }
  }

  /** `count` jobs, `a1`, `a2` and so on. */
  jobs(prefix: string, count: number, belonging: Belonging = {}): ThrottledJob[] {
    return Array.from({ length: count }, (_, index) => this.job(`${prefix}${index + 1}`, belonging))
  }

  get running(): string[] {
    return [...this.#running.keys()]
  }

  /** Ends jobs that run, and gives the throttle its turn. */
  async end(...labels: string[]): Promise<void> {
    for (const label of labels) {
      const job = this.#running.get(label)
      if (!job) throw new Error(`${label} does not run.`)
      this.#running.delete(label)
      job.end()
    }
    await nextTurn()
  }

  /** Ends job after job, those that start meanwhile as well. */
  async endAll(choose: (running: string[]) => string | undefined = ([first]) => first): Promise<void> {
    for (let label = choose(this.running); label !== undefined; label = choose(this.running)) {
      await this.end(label)
    }
  }

  #run(label: string, siteId: number): Promise<void> {
    this.started.push(label)
    return new Promise((end) => {
      this.#running.set(label, { siteId, end })
      const atSite = [...this.#running.values()].filter((job) => job.siteId === siteId).length
      this.peak = {
        all: Math.max(this.peak.all, this.#running.size),
        site: Math.max(this.peak.site, atSite),
      }
    })
  }
}

/** What is used of each budget, and what waits for it. */
export function usage(throttle: Throttle): Record<string, { inUse: number; waiting: number }> {
  return Object.fromEntries(throttle.budgets().map(({ name, inUse, waiting }) => [name, { inUse, waiting }]))
}
