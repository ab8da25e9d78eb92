import type { Clock } from '../../base/clock.ts'
import { FairQueue, type QueuedJob } from './fair-queue.ts'
import { StartRate } from './start-rate.ts'

/** One piece of work that waits for its turn. `run` must not reject. */
export interface ThrottledJob extends QueuedJob {
  /** What it belongs to, by which jobs are taken back together. */
  group: number
  run(): Promise<void>
}

/** What one budget of the throttle stands at. */
export interface BudgetState {
  name: string
  limit: number
  perSecond: boolean
  inUse: number
  waiting: number
}

export interface ThrottleOptions {
  /** Jobs in flight at once, in all. */
  concurrency: number
  /** Jobs in flight at once at one site. */
  perSite: number
  /** Jobs in flight at once with one credential. */
  perCredential: number
  startsPerSecond: number
  clock: Clock
  /**
   * How many jobs of this credential may be in flight now, where that is less than `perCredential`. Asked whenever a job
   * could start; once it has grown, `wake` is to be called.
   */
  credentialLimit: (credential: string) => number
}

/**
 * Starts jobs as soon as all budgets allow: those in flight in all, for each site and for each credential, and the
 * starts per second. Sites take turns, one job each, so that a large or slow site does not hold up the others.
 * The order depends on nothing but what is called when. No timer is set but while a job waits for the rate alone.
 */
export class Throttle<Job extends ThrottledJob = ThrottledJob> {
  readonly #options: ThrottleOptions
  readonly #clock: Clock
  readonly #rate: StartRate
  readonly #queue: FairQueue<Job>
  #isPaused = false
  #isStarting = false
  #cancelTimer: (() => void) | null = null

  constructor(options: ThrottleOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#rate = new StartRate(options.startsPerSecond)
    this.#queue = new FairQueue<Job>({
      perSite: options.perSite,
      limitOf: (credential) => this.#limitOf(credential),
    })
  }

  add(jobs: Iterable<Job>): void {
    for (const job of jobs) this.#queue.push(job)
    this.#startWhatFits()
  }

  /** Takes back the jobs that have not started and of which it is true. */
  take(isTaken: (job: Job) => boolean): Job[] {
    const taken = this.#queue.take(isTaken)
    this.#startWhatFits()
    return taken
  }

  /** Lets nothing start until `resume`. What is in flight goes on. */
  pause(): void {
    this.#isPaused = true
    this.#startWhatFits()
  }

  resume(): void {
    this.#isPaused = false
    this.#startWhatFits()
  }

  /** Looks again, now that the limit of a credential has grown. */
  wake(): void {
    this.#startWhatFits()
  }

  /** The budgets as they stand now, for people to look at. */
  budgets(): BudgetState[] {
    const { concurrency, perSite, perCredential } = this.#options
    const { inFlight, waiting } = this.#queue
    const site = this.#queue.siteUse()
    const credential = this.#queue.credentialUse()
    const credentialLimit = credential.busiest === null ? perCredential : this.#limitOf(credential.busiest)
    const now = this.#clock.now()
    return [
      { name: 'concurrency', limit: concurrency, perSecond: false, inUse: inFlight, waiting },
      { name: 'perSite', limit: perSite, perSecond: false, inUse: site.inFlight, waiting: site.held },
      {
        name: 'perCredential',
        limit: Math.min(credentialLimit, concurrency),
        perSecond: false,
        inUse: credential.inFlight,
        waiting: credential.held,
      },
      {
        name: 'starts',
        limit: this.#rate.perSecond,
        perSecond: true,
        inUse: this.#rate.inLastSecond(now),
        waiting: this.#cancelTimer ? this.#queue.startable() : 0,
      },
    ]
  }

  #limitOf(credential: string): number {
    return Math.min(this.#options.perCredential, this.#options.credentialLimit(credential))
  }

  #startWhatFits(): void {
    // A job that adds or wakes others while it starts is followed by them once it has started.
    if (this.#isStarting) return
    this.#isStarting = true
    if (!this.#cancelTimer) this.#rate.skipTo(this.#clock.now())
    const waitMs = this.#startUntilHeld()
    this.#cancelTimer?.()
    this.#cancelTimer =
      waitMs === 0 ? null : this.#clock.after(Math.ceil(waitMs), () => this.#startWhatFits())
    this.#isStarting = false
  }

  /** Returns after how many milliseconds the rate allows the next job; 0 where there is none that only waits for that. */
  #startUntilHeld(): number {
    while (!this.#isPaused && this.#queue.inFlight < this.#options.concurrency) {
      const now = this.#clock.now()
      const waitMs = this.#rate.waitMs(now)
      if (waitMs > 0) return this.#queue.hasNext() ? waitMs : 0
      const job = this.#queue.start()
      if (!job) return 0
      this.#rate.add(now)
      void job.run().finally(() => {
        this.#queue.end(job)
        this.#startWhatFits()
      })
    }
    return 0
  }
}
