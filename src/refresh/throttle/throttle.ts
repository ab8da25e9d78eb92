import type { Clock } from '../../base/clock.ts'
import { FairQueue, type QueuedJob } from './fair-queue.ts'
import { StartRate } from './start-rate.ts'

/** A job that waits for its turn. `run` must not reject. */
export interface ThrottledJob extends QueuedJob {
  /** The refresh that the job belongs to. */
  group: number
  run(): Promise<void>
}

/** The state of one budget of the throttle. */
export interface BudgetState {
  name: string
  limit: number
  perSecond: boolean
  inUse: number
  waiting: number
}

/** The limits of the configuration. */
export interface ThrottleLimits {
  /** The maximum number of jobs in flight. Above `BUSY_CONCURRENCY` it needs a processor that keeps up. */
  concurrency: number
  /** The maximum number of jobs in flight at one site. */
  perSite: number
  /** The maximum number of jobs in flight with one credential. */
  perCredential: number
  startsPerSecond: number
}

export interface ThrottleOptions extends ThrottleLimits {
  clock: Clock
  /**
   * Returns how many jobs of this credential may be in flight now; `perCredential` applies as well. It is
   * called whenever a job could start. When the limit grows, call `wake`.
   */
  credentialLimit: (credential: string) => number
  /** The same for a region. Default: regions have no limits. */
  regionLimit?: ((region: string) => number) | undefined
  /** Returns whether the jobs in flight are as many as the processor can do. Default: never. */
  isBusy?: () => boolean
}

/** So many jobs may be in flight, if `concurrency` allows it, however busy the processor is. */
export const BUSY_CONCURRENCY = 200
/** The time after which a job that waits for the processor is considered again. */
const BUSY_RETRY_MS = 50
/**
 * Starts that the rate allows within this time are made together, since each wakes the API's thread. So one
 * is up to this much later than the rate allows.
 */
export const START_EVERY_MS = 10

/**
 * Starts jobs as soon as all budgets allow it: the jobs in flight in total, at each site, with each
 * credential and in each region, and, some milliseconds later, the starts per second. Sites take turns, one
 * job each, so that a large or slow site does not delay the others. The order depends only on the calls and
 * their times. A timer runs only while a job waits for the rate or the processor alone.
 */
export class Throttle<Job extends ThrottledJob = ThrottledJob> {
  #options: ThrottleOptions
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
      perSite: () => this.#options.perSite,
      ofCredential: (credential) => this.#limitOf(credential),
      ofRegion: options.regionLimit ?? (() => Number.POSITIVE_INFINITY),
    })
  }

  add(jobs: Iterable<Job>): void {
    for (const job of jobs) this.#queue.push(job)
    this.#startWhatFits()
  }

  /** Removes and returns the waiting jobs for which `isTaken` is true. */
  take(isTaken: (job: Job) => boolean): Job[] {
    const taken = this.#queue.take(isTaken)
    this.#startWhatFits()
    return taken
  }

  /** Starts no job until `resume` is called. Jobs in flight continue. */
  pause(): void {
    this.#isPaused = true
    this.#startWhatFits()
  }

  resume(): void {
    this.#isPaused = false
    this.#startWhatFits()
  }

  /** Changes the limits. Jobs in flight continue, even if they are more than may be from now on. */
  change(limits: ThrottleLimits): void {
    this.#options = { ...this.#options, ...limits }
    this.#rate.change(limits.startsPerSecond, this.#clock.now())
    this.#queue.followSiteLimit()
    this.#startWhatFits()
  }

  /** Starts the jobs that fit after the limit of a credential or a region has grown. */
  wake(): void {
    this.#startWhatFits()
  }

  /**
   * Returns the present state of the budgets. While the processor allows no more, the limit of `concurrency`
   * is what is in flight.
   */
  budgets(): BudgetState[] {
    const { perSite, perCredential } = this.#options
    const { inFlight, waiting } = this.#queue
    const concurrency = this.#waitsForProcessor() ? inFlight : this.#options.concurrency
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
      ...this.#regionBudget(),
      {
        name: 'starts',
        limit: this.#rate.perSecond,
        perSecond: true,
        inUse: this.#rate.inLastSecond(now),
        waiting: this.#cancelTimer ? this.#queue.startable() : 0,
      },
    ]
  }

  /** That of the region with most jobs in flight; none if regions have no limits. */
  #regionBudget(): BudgetState[] {
    const { concurrency, regionLimit } = this.#options
    if (regionLimit === undefined) return []
    const { busiest, inFlight, held } = this.#queue.regionUse()
    const limit = Math.min(concurrency, busiest === null ? concurrency : regionLimit(busiest))
    return [{ name: 'perRegion', limit, perSecond: false, inUse: inFlight, waiting: held }]
  }

  #waitsForProcessor(): boolean {
    const { concurrency, isBusy = () => false } = this.#options
    const { inFlight } = this.#queue
    return inFlight >= BUSY_CONCURRENCY && inFlight < concurrency && isBusy()
  }

  #limitOf(credential: string): number {
    return Math.min(this.#options.perCredential, this.#options.credentialLimit(credential))
  }

  #startWhatFits(): void {
    // Jobs that are added or woken while a job starts are started after it.
    if (this.#isStarting) return
    this.#isStarting = true
    if (!this.#cancelTimer) this.#rate.skipTo(this.#clock.now())
    const waitMs = this.#startUntilHeld()
    this.#cancelTimer?.()
    const pauseMs = Math.max(START_EVERY_MS, Math.ceil(waitMs))
    this.#cancelTimer = waitMs === 0 ? null : this.#clock.after(pauseMs, () => this.#startWhatFits())
    this.#isStarting = false
  }

  /**
   * Starts jobs, and returns the milliseconds until the rate or the processor may allow the next; 0 if no job
   * waits for these alone.
   */
  #startUntilHeld(): number {
    while (!this.#isPaused && this.#queue.inFlight < this.#options.concurrency) {
      if (this.#waitsForProcessor()) return this.#queue.hasNext() ? BUSY_RETRY_MS : 0
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
