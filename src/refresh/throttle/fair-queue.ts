import { LinkedList, type LinkedNode } from './linked-list.ts'

/** The fields that decide when it is a job's turn. */
export interface QueuedJob {
  siteId: number
  /** The name of the credential that it logs in with. */
  credential: string
}

interface Site<Job> {
  id: number
  inFlight: number
  /** The lanes with waiting jobs, by credential; the lane that last started a job comes last. */
  lanes: Map<string, Lane<Job>>
}

interface Credential<Job> {
  name: string
  inFlight: number
  waiting: number
  /** The lanes whose sites have room, by turn. */
  ready: LinkedList<Lane<Job>>
}

/** The waiting jobs of one site with one credential. */
interface Lane<Job> {
  site: Site<Job>
  credential: Credential<Job>
  jobs: LinkedList<Job>
  turn: number
  /** Null while the site has no room. */
  place: LinkedNode<Lane<Job>> | null
}

/**
 * A fair queue of jobs by site and credential. The next job comes from the site that has waited longest,
 * among the sites with room that have a job whose credential has room. Within a site, credentials take turns.
 * Jobs with the same site and credential keep their order.
 *
 * Each credential lists its lanes by turn. A lane moves to the end of the list whenever its site starts a job
 * or gets room. So the next job is in the first lane of a credential with room, and jobs that wait for a
 * credential without room cost nothing.
 */
export class FairQueue<Job extends QueuedJob> {
  readonly #limits: { perSite: number; limitOf: (credential: string) => number }
  readonly #sites = new Map<number, Site<Job>>()
  readonly #credentials = new Map<string, Credential<Job>>()
  #turns = 0
  #inFlight = 0
  #waiting = 0

  /** `limitOf` returns how many jobs of a credential may be in flight. It is called anew each time. */
  constructor(limits: { perSite: number; limitOf: (credential: string) => number }) {
    this.#limits = limits
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get waiting(): number {
    return this.#waiting
  }

  push(job: Job): void {
    const lane = this.#laneOf(job)
    lane.jobs.push(job)
    lane.credential.waiting += 1
    this.#waiting += 1
  }

  /** Returns whether there is a job whose site and credential have room. */
  hasNext(): boolean {
    return this.#nextLane() !== null
  }

  /** Moves the next job into flight and returns it; null if no job's site and credential have room. */
  start(): Job | null {
    const lane = this.#nextLane()
    const job = lane?.jobs.shift()
    if (!lane || !job) return null
    const { site, credential } = lane
    this.#waiting -= 1
    this.#inFlight += 1
    credential.waiting -= 1
    credential.inFlight += 1
    site.inFlight += 1
    this.#removeLane(lane)
    site.lanes.delete(credential.name)
    if (lane.jobs.length > 0) site.lanes.set(credential.name, lane)
    for (const each of site.lanes.values()) this.#placeLane(each)
    return job
  }

  /** Ends a job that was in flight. */
  end({ siteId, credential: name }: Job): void {
    const site = this.#sites.get(siteId)
    const credential = this.#credentials.get(name)
    if (!site || !credential) return
    this.#inFlight -= 1
    credential.inFlight -= 1
    site.inFlight -= 1
    if (site.inFlight === this.#limits.perSite - 1) {
      for (const lane of site.lanes.values()) this.#placeLane(lane)
    }
    this.#forgetIfIdle(site, credential)
  }

  /** Removes and returns the waiting jobs for which `matches` is true. */
  take(matches: (job: Job) => boolean): Job[] {
    const taken: Job[] = []
    for (const site of this.#sites.values()) {
      for (const lane of site.lanes.values()) this.#takeFrom(lane, matches, taken)
    }
    this.#waiting -= taken.length
    return taken
  }

  /**
   * Returns the largest number in flight at one site, and the number of jobs that wait at sites without room.
   */
  siteUse(): { inFlight: number; held: number } {
    const use = { inFlight: 0, held: 0 }
    for (const { inFlight, lanes } of this.#sites.values()) {
      use.inFlight = Math.max(use.inFlight, inFlight)
      if (inFlight < this.#limits.perSite) continue
      for (const { jobs } of lanes.values()) use.held += jobs.length
    }
    return use
  }

  /**
   * Returns the credential with most jobs in flight (null if none), and the number of jobs that wait for
   * credentials.
   */
  credentialUse(): { busiest: string | null; inFlight: number; held: number } {
    let busiest: Credential<Job> | null = null
    let held = 0
    for (const credential of this.#credentials.values()) {
      if (credential.inFlight > (busiest?.inFlight ?? 0)) busiest = credential
      if (!this.#hasRoom(credential)) held += credential.waiting
    }
    return { busiest: busiest?.name ?? null, inFlight: busiest?.inFlight ?? 0, held }
  }

  /** Returns the number of waiting jobs whose site and credential have room. */
  startable(): number {
    let count = 0
    for (const credential of this.#credentials.values()) {
      if (!this.#hasRoom(credential)) continue
      for (const { value } of credential.ready.nodes()) count += value.jobs.length
    }
    return count
  }

  #hasRoom({ name, inFlight }: Credential<Job>): boolean {
    return inFlight < this.#limits.limitOf(name)
  }

  /** Returns the lane whose turn it is. It examines each credential, of which there are only a few. */
  #nextLane(): Lane<Job> | null {
    let next: Lane<Job> | null = null
    for (const credential of this.#credentials.values()) {
      const lane = credential.ready.first
      if (!lane || (next && next.turn < lane.turn) || !this.#hasRoom(credential)) continue
      next = lane
    }
    return next
  }

  #laneOf({ siteId, credential: name }: Job): Lane<Job> {
    let site = this.#sites.get(siteId)
    if (!site) {
      site = { id: siteId, inFlight: 0, lanes: new Map() }
      this.#sites.set(siteId, site)
    }
    let lane = site.lanes.get(name)
    if (!lane) {
      lane = { site, credential: this.#credential(name), jobs: new LinkedList(), turn: 0, place: null }
      site.lanes.set(name, lane)
      this.#placeLane(lane)
    }
    return lane
  }

  #credential(name: string): Credential<Job> {
    let credential = this.#credentials.get(name)
    if (!credential) {
      credential = { name, inFlight: 0, waiting: 0, ready: new LinkedList() }
      this.#credentials.set(name, credential)
    }
    return credential
  }

  /** Moves a lane to the end of its list, or removes it if its site has no room. */
  #placeLane(lane: Lane<Job>): void {
    this.#removeLane(lane)
    if (lane.site.inFlight >= this.#limits.perSite) return
    this.#turns += 1
    lane.turn = this.#turns
    lane.place = lane.credential.ready.push(lane)
  }

  #removeLane(lane: Lane<Job>): void {
    if (lane.place) lane.credential.ready.remove(lane.place)
    lane.place = null
  }

  #takeFrom(lane: Lane<Job>, matches: (job: Job) => boolean, taken: Job[]): void {
    const { site, credential, jobs } = lane
    for (const node of jobs.nodes()) {
      if (!matches(node.value)) continue
      jobs.remove(node)
      credential.waiting -= 1
      taken.push(node.value)
    }
    if (jobs.length > 0) return
    this.#removeLane(lane)
    site.lanes.delete(credential.name)
    this.#forgetIfIdle(site, credential)
  }

  #forgetIfIdle(site: Site<Job>, credential: Credential<Job>): void {
    if (site.inFlight === 0 && site.lanes.size === 0) this.#sites.delete(site.id)
    if (credential.inFlight === 0 && credential.waiting === 0) this.#credentials.delete(credential.name)
  }
}
