import { LinkedList, type LinkedNode } from './linked-list.ts'

/** The fields that decide when it is a job's turn. */
export interface QueuedJob {
  siteId: number
  /** The name of the credential that it logs in with. */
  credential: string
  /** The region whose probers have it, or `local`. */
  region: string
}

/** What one credential, or one region, is used for. */
interface Use {
  name: string
  inFlight: number
  waiting: number
}

interface Site<Job> {
  id: number
  inFlight: number
  /** The lanes with waiting jobs; the lane that last started a job comes last. */
  lanes: Map<Strand<Job>, Lane<Job>>
}

/** The jobs with one credential in one region. */
interface Strand<Job> {
  credential: Use
  region: Use
  /** The lanes whose sites have room, by turn. */
  ready: LinkedList<Lane<Job>>
}

/** The waiting jobs of one strand at one site. */
interface Lane<Job> {
  site: Site<Job>
  strand: Strand<Job>
  jobs: LinkedList<Job>
  turn: number
  /** Null while the site has no room. */
  place: LinkedNode<Lane<Job>> | null
}

/** Each function returns how many jobs may be in flight. It is called anew each time. */
interface Limits {
  perSite: () => number
  ofCredential: (credential: string) => number
  ofRegion: (region: string) => number
}

/**
 * A fair queue of jobs by site, credential and region. The next job comes from the site that has waited
 * longest, among the sites with room that have a job whose credential and region have room. Within a site,
 * credentials take turns. Jobs with the same site, credential and region keep their order.
 *
 * Each strand lists its lanes by turn. A lane moves to the end of the list whenever its site starts a job or
 * gets room. So the next job is in the first lane of a strand with room, and jobs that wait for a credential
 * or a region without room cost nothing.
 */
export class FairQueue<Job extends QueuedJob> {
  readonly #limits: Limits
  readonly #sites = new Map<number, Site<Job>>()
  readonly #credentials = new Map<string, Use>()
  readonly #regions = new Map<string, Use>()
  /** By credential and region. */
  readonly #strands = new Map<Use, Map<Use, Strand<Job>>>()
  #turns = 0
  #inFlight = 0
  #waiting = 0

  constructor(limits: Limits) {
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
    this.#countWaiting(lane.strand, 1)
  }

  /** Returns whether there is a job whose site, credential and region have room. */
  hasNext(): boolean {
    return this.#nextLane() !== null
  }

  /** Moves the next job into flight and returns it; null if none has room. */
  start(): Job | null {
    const lane = this.#nextLane()
    const job = lane?.jobs.shift()
    if (!lane || !job) return null
    const { site, strand } = lane
    this.#countWaiting(strand, -1)
    this.#countInFlight(site, strand, 1)
    this.#removeLane(lane)
    site.lanes.delete(strand)
    if (lane.jobs.length > 0) site.lanes.set(strand, lane)
    for (const each of site.lanes.values()) this.#placeLane(each)
    return job
  }

  /** Ends a job that was in flight. */
  end(job: Job): void {
    const site = this.#sites.get(job.siteId)
    if (!site) return
    const strand = this.#strandOf(job)
    this.#countInFlight(site, strand, -1)
    if (site.inFlight === this.#limits.perSite() - 1) {
      for (const lane of site.lanes.values()) this.#placeLane(lane)
    }
    this.#forgetIfIdle(site, strand)
  }

  /** Follows a change of `perSite`: sites may have got room or lost it. The others keep their turn. */
  followSiteLimit(): void {
    const perSite = this.#limits.perSite()
    for (const { inFlight, lanes } of this.#sites.values()) {
      for (const lane of lanes.values()) {
        if (inFlight < perSite !== (lane.place !== null)) this.#placeLane(lane)
      }
    }
  }

  /** Removes and returns the waiting jobs for which `matches` is true. */
  take(matches: (job: Job) => boolean): Job[] {
    const taken: Job[] = []
    for (const site of this.#sites.values()) {
      for (const lane of site.lanes.values()) this.#takeFrom(lane, matches, taken)
    }
    return taken
  }

  /**
   * Returns the largest number in flight at one site, and the number of jobs that wait at sites without room.
   */
  siteUse(): { inFlight: number; held: number } {
    const use = { inFlight: 0, held: 0 }
    for (const { inFlight, lanes } of this.#sites.values()) {
      use.inFlight = Math.max(use.inFlight, inFlight)
      if (inFlight < this.#limits.perSite()) continue
      for (const { jobs } of lanes.values()) use.held += jobs.length
    }
    return use
  }

  /**
   * Returns the credential with most jobs in flight (null if none), and the number of jobs that wait for
   * credentials.
   */
  credentialUse(): { busiest: string | null; inFlight: number; held: number } {
    return useOf(this.#credentials.values(), this.#limits.ofCredential)
  }

  /** Returns the same for regions. */
  regionUse(): { busiest: string | null; inFlight: number; held: number } {
    return useOf(this.#regions.values(), this.#limits.ofRegion)
  }

  /** Returns the number of waiting jobs whose site, credential and region have room. */
  startable(): number {
    let count = 0
    for (const strand of this.#allStrands()) {
      if (!this.#hasRoom(strand)) continue
      for (const { value } of strand.ready.nodes()) count += value.jobs.length
    }
    return count
  }

  #hasRoom({ credential, region }: Strand<Job>): boolean {
    const { ofCredential, ofRegion } = this.#limits
    return credential.inFlight < ofCredential(credential.name) && region.inFlight < ofRegion(region.name)
  }

  /** Returns the lane whose turn it is. It examines each strand, of which there are only a few. */
  #nextLane(): Lane<Job> | null {
    let next: Lane<Job> | null = null
    for (const strand of this.#allStrands()) {
      const lane = strand.ready.first
      if (!lane || (next && next.turn < lane.turn) || !this.#hasRoom(strand)) continue
      next = lane
    }
    return next
  }

  *#allStrands(): Generator<Strand<Job>> {
    for (const byRegion of this.#strands.values()) yield* byRegion.values()
  }

  #laneOf(job: Job): Lane<Job> {
    const { siteId } = job
    let site = this.#sites.get(siteId)
    if (!site) {
      site = { id: siteId, inFlight: 0, lanes: new Map() }
      this.#sites.set(siteId, site)
    }
    const strand = this.#strandOf(job)
    let lane = site.lanes.get(strand)
    if (!lane) {
      lane = { site, strand, jobs: new LinkedList(), turn: 0, place: null }
      site.lanes.set(strand, lane)
      this.#placeLane(lane)
    }
    return lane
  }

  #strandOf({ credential: name, region: regionName }: Job): Strand<Job> {
    const credential = entryOf(this.#credentials, name, () => ({ name, inFlight: 0, waiting: 0 }))
    const region = entryOf(this.#regions, regionName, () => ({ name: regionName, inFlight: 0, waiting: 0 }))
    const byRegion = entryOf(this.#strands, credential, () => new Map<Use, Strand<Job>>())
    return entryOf(byRegion, region, () => ({ credential, region, ready: new LinkedList() }))
  }

  /** Moves a lane to the end of its list, or removes it if its site has no room. */
  #placeLane(lane: Lane<Job>): void {
    this.#removeLane(lane)
    if (lane.site.inFlight >= this.#limits.perSite()) return
    this.#turns += 1
    lane.turn = this.#turns
    lane.place = lane.strand.ready.push(lane)
  }

  #removeLane(lane: Lane<Job>): void {
    if (lane.place) lane.strand.ready.remove(lane.place)
    lane.place = null
  }

  #takeFrom(lane: Lane<Job>, matches: (job: Job) => boolean, taken: Job[]): void {
    const { site, strand, jobs } = lane
    for (const node of jobs.nodes()) {
      if (!matches(node.value)) continue
      jobs.remove(node)
      this.#countWaiting(strand, -1)
      taken.push(node.value)
    }
    if (jobs.length > 0) return
    this.#removeLane(lane)
    site.lanes.delete(strand)
    this.#forgetIfIdle(site, strand)
  }

  #countWaiting({ credential, region }: Strand<Job>, change: number): void {
    this.#waiting += change
    credential.waiting += change
    region.waiting += change
  }

  #countInFlight(site: Site<Job>, { credential, region }: Strand<Job>, change: number): void {
    this.#inFlight += change
    site.inFlight += change
    credential.inFlight += change
    region.inFlight += change
  }

  #forgetIfIdle(site: Site<Job>, { credential, region }: Strand<Job>): void {
    if (site.inFlight === 0 && site.lanes.size === 0) this.#sites.delete(site.id)
    if (isIdle(credential)) {
      this.#credentials.delete(credential.name)
      this.#strands.delete(credential)
    }
    if (isIdle(region)) {
      this.#regions.delete(region.name)
      for (const byRegion of this.#strands.values()) byRegion.delete(region)
    }
  }
}

function isIdle({ inFlight, waiting }: Use): boolean {
  return inFlight === 0 && waiting === 0
}

function useOf(
  uses: Iterable<Use>,
  limitOf: (name: string) => number,
): { busiest: string | null; inFlight: number; held: number } {
  let busiest: Use | null = null
  let held = 0
  for (const use of uses) {
    if (use.inFlight > (busiest?.inFlight ?? 0)) busiest = use
    if (use.inFlight >= limitOf(use.name)) held += use.waiting
  }
  return { busiest: busiest?.name ?? null, inFlight: busiest?.inFlight ?? 0, held }
}

function entryOf<Key, Value>(entries: Map<Key, Value>, key: Key, create: () => Value): Value {
  const known = entries.get(key)
  if (known !== undefined) return known
  const created = create()
  entries.set(key, created)
  return created
}
