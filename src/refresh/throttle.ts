/** One piece of work that waits for its turn. `run` must not reject. */
export interface ThrottledJob {
  siteId: number
  /** Jobs of one group can be dropped together. */
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

interface SiteQueue {
  id: number
  jobs: ThrottledJob[]
  /** Index of the next job: shifting an array of thousands costs more than the probe's own bookkeeping. */
  next: number
  inFlight: number
  /** Whether the site stands in the ring of sites that may start a job. */
  ready: boolean
}

/**
 * Starts jobs as the budgets allow: `concurrency` at a time in all, `perSite` at a time for each site. Sites take
 * turns, one job each, so that a large or slow site does not hold up the others; within a site the order is
 * that in which jobs were added.
 */
export class Throttle {
  readonly #concurrency: number
  readonly #perSite: number
  readonly #sites = new Map<number, SiteQueue>()
  #ring: SiteQueue[] = []
  #ringNext = 0
  #inFlight = 0
  #waiting = 0

  constructor(limits: { concurrency: number; perSite: number }) {
    this.#concurrency = limits.concurrency
    this.#perSite = limits.perSite
  }

  add(jobs: Iterable<ThrottledJob>): void {
    for (const job of jobs) {
      const site = this.#site(job.siteId)
      site.jobs.push(job)
      this.#waiting += 1
      this.#offer(site)
    }
    this.#startWhatFits()
  }

  /** Takes back the jobs of a group that have not started, and returns how many these were. */
  drop(group: number): number {
    let dropped = 0
    for (const site of this.#sites.values()) {
      const kept = site.jobs.slice(site.next).filter((job) => job.group !== group)
      dropped += site.jobs.length - site.next - kept.length
      site.jobs = kept
      site.next = 0
    }
    this.#waiting -= dropped
    return dropped
  }

  /** The budgets as they stand now, for people to look at. */
  budgets(): BudgetState[] {
    let busiestSite = 0
    let heldBySite = 0
    for (const site of this.#sites.values()) {
      busiestSite = Math.max(busiestSite, site.inFlight)
      if (site.inFlight >= this.#perSite) heldBySite += site.jobs.length - site.next
    }
    return [
      {
        name: 'concurrency',
        limit: this.#concurrency,
        perSecond: false,
        inUse: this.#inFlight,
        waiting: this.#waiting,
      },
      { name: 'perSite', limit: this.#perSite, perSecond: false, inUse: busiestSite, waiting: heldBySite },
    ]
  }

  #site(id: number): SiteQueue {
    let site = this.#sites.get(id)
    if (!site) {
      site = { id, jobs: [], next: 0, inFlight: 0, ready: false }
      this.#sites.set(id, site)
    }
    return site
  }

  /** Puts a site into the ring where it has work and room. */
  #offer(site: SiteQueue): void {
    if (site.ready || site.inFlight >= this.#perSite || site.next >= site.jobs.length) return
    site.ready = true
    this.#ring.push(site)
  }

  #startWhatFits(): void {
    while (this.#inFlight < this.#concurrency) {
      const site = this.#ring[this.#ringNext]
      if (!site) break
      this.#ringNext += 1
      site.ready = false
      const job = site.jobs[site.next]
      if (!job) {
        this.#forgetIfIdle(site)
        continue
      }
      site.next += 1
      this.#start(site, job)
    }
    if (this.#ringNext > 1024 || this.#ringNext === this.#ring.length) {
      this.#ring = this.#ring.slice(this.#ringNext)
      this.#ringNext = 0
    }
  }

  #start(site: SiteQueue, job: ThrottledJob): void {
    this.#waiting -= 1
    this.#inFlight += 1
    site.inFlight += 1
    this.#offer(site)
    void job.run().finally(() => {
      this.#inFlight -= 1
      site.inFlight -= 1
      this.#offer(site)
      this.#forgetIfIdle(site)
      this.#startWhatFits()
    })
  }

  #forgetIfIdle(site: SiteQueue): void {
    if (site.inFlight === 0 && !site.ready) this.#sites.delete(site.id)
  }
}
