import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'vitest'
import {
  START_EVERY_MS,
  type Throttle,
  type ThrottledJob,
  type ThrottleOptions,
} from '../../../src/refresh/throttle/throttle.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { newThrottle, usage } from './workshop.ts'

export const CREDENTIALS = ['a', 'b', 'c']
const NONE = Number.POSITIVE_INFINITY

export type TrialLimits = Omit<ThrottleOptions, 'clock' | 'credentialLimit' | 'regionLimit'> & {
  perRegion: number
}

type NewJob = Pick<ThrottledJob, 'siteId' | 'credential' | 'region' | 'group'> & { durationMs: number }

/** Something that is done to the throttle. */
export type Step =
  | { add: NewJob[] }
  | { credential: string; limit: number }
  /** A group. */
  | { take: number }
  | { pause: boolean }

interface TrialJob extends ThrottledJob {
  number: number
}

/** Drives a throttle, and knows by plain counting what it may do and must do at each moment. */
export class Trial {
  readonly started: { job: TrialJob; at: number }[] = []
  readonly taken: ThrottledJob[] = []
  readonly #limits: TrialLimits
  readonly #clock = new HandClock()
  readonly #throttle: Throttle
  readonly #credentialLimits = new Map<string, number>()
  readonly #waiting = new Set<TrialJob>()
  readonly #running = new Set<TrialJob>()
  /** By site and credential: what has been startable for a while, with the sites that have started meanwhile. */
  readonly #overtaken = new Map<string, Set<string>>()
  /** Since when jobs have waited for nothing but the rate, and how many had started by then. */
  #heldByRate: { since: number; started: number } | null = null
  #isPaused = false
  #failure: unknown
  added = 0

  constructor(limits: TrialLimits) {
    this.#limits = limits
    this.#throttle = newThrottle({
      ...limits,
      clock: this.#clock,
      credentialLimit: (name) => this.#credentialLimits.get(name) ?? NONE,
      regionLimit: () => limits.perRegion,
    })
  }

  async do(step: Step, thenMs: number): Promise<void> {
    if ('add' in step) this.#add(step.add)
    else if ('take' in step) this.#take(step.take)
    else if ('limit' in step) {
      this.#credentialLimits.set(step.credential, step.limit)
      this.#throttle.wake()
    } else {
      this.#isPaused = step.pause
      if (step.pause) this.#throttle.pause()
      else this.#throttle.resume()
    }
    await this.#pass(thenMs)
  }

  /** Lets everything come to its end. */
  async finish(): Promise<void> {
    await this.do({ pause: false }, 0)
    for (const credential of CREDENTIALS) await this.do({ credential, limit: NONE }, 0)
    while (this.#waiting.size + this.#running.size > 0) await this.#pass(1)
    // Credit for the last second would still be in the books.
    this.#clock.advance(1_000)
    expect(Object.values(usage(this.#throttle))).toEqual(Array(5).fill({ inUse: 0, waiting: 0 }))
    expect(this.#clock.timers).toBe(0)
  }

  #add(specs: NewJob[]): void {
    const jobs = specs.map(({ durationMs, ...spec }) => {
      const job: TrialJob = { ...spec, number: this.added, run: () => this.#run(job, durationMs) }
      this.added += 1
      this.#waiting.add(job)
      return job
    })
    this.#throttle.add(jobs)
  }

  #take(group: number): void {
    const expected = [...this.#waiting].filter((job) => job.group === group)
    for (const job of expected) this.#waiting.delete(job)
    const taken = this.#throttle.take((job) => job.group === group)
    expect(new Set(taken)).toEqual(new Set(expected))
    this.taken.push(...taken)
  }

  async #pass(durationMs: number): Promise<void> {
    await nextTurn()
    this.#checkAtRest()
    for (let passed = 0; passed < durationMs; passed += 1) {
      this.#clock.advance(1)
      await nextTurn()
      this.#checkAtRest()
    }
  }

  async #run(job: TrialJob, durationMs: number): Promise<void> {
    try {
      this.#checkStart(job)
    } catch (failure) {
      this.#failure ??= failure
    }
    this.#waiting.delete(job)
    this.#running.add(job)
    this.started.push({ job, at: this.#clock.now() })
    if (this.#startable().length === 0) this.#heldByRate = null
    if (durationMs > 0) await new Promise<void>((end) => this.#clock.after(durationMs, end))
    this.#running.delete(job)
  }

  #checkStart(job: TrialJob): void {
    expect(this.#waiting).toContain(job)
    expect(this.#isPaused || this.#isHeldByRoom(job)).toBe(false)
    expect(this.#startsSince(1_000)).toBeLessThan(this.#limits.startsPerSecond)
    const before = [...this.#waiting].find((other) => laneOf(other) === laneOf(job))
    expect(before).toBe(job)
    this.#checkTurn(job)
  }

  /** No site starts twice with one credential while a job of another, which the throttle had time to see, could start. */
  #checkTurn(job: TrialJob): void {
    const startable = this.#startableLanes()
    for (const [lane, overtakers] of this.#overtaken) {
      if (!startable.has(lane) || lane.startsWith(`${job.siteId} `)) this.#overtaken.delete(lane)
      else {
        expect([...overtakers]).not.toContain(laneOf(job))
        overtakers.add(laneOf(job))
      }
    }
  }

  #watchTurns(): void {
    const startable = this.#startableLanes()
    for (const lane of this.#overtaken.keys()) if (!startable.has(lane)) this.#overtaken.delete(lane)
    for (const lane of startable) if (!this.#overtaken.has(lane)) this.#overtaken.set(lane, new Set())
  }

  #startableLanes(): Set<string> {
    return new Set([...this.#waiting].filter((job) => !this.#isHeldByRoom(job)).map(laneOf))
  }

  #checkAtRest(): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#watchTurns()
    const waiting = [...this.#waiting]
    const startable = this.#startable()
    if (startable.length > 0) this.#checkRate()
    else this.#heldByRate = null
    // One for each job that runs, and one for what waits for the rate.
    expect(this.#clock.timers).toBe(this.#running.size + (startable.length > 0 ? 1 : 0))
    expect(usage(this.#throttle)).toEqual({
      concurrency: { inUse: this.#running.size, waiting: waiting.length },
      perSite: {
        inUse: most([...this.#running].map(({ siteId }) => this.#atSite(siteId))),
        waiting: waiting.filter(({ siteId }) => this.#atSite(siteId) >= this.#limits.perSite).length,
      },
      perCredential: {
        inUse: most([...this.#running].map(({ credential }) => this.#withCredential(credential))),
        waiting: waiting.filter((job) => this.#isHeldByCredential(job)).length,
      },
      perRegion: {
        inUse: most([...this.#running].map(({ region }) => this.#inRegion(region))),
        waiting: waiting.filter(({ region }) => this.#inRegion(region) >= this.#limits.perRegion).length,
      },
      starts: { inUse: this.#startsSince(1_000), waiting: startable.length },
    })
  }

  #isHeldByRoom(job: TrialJob): boolean {
    return (
      this.#atSite(job.siteId) >= this.#limits.perSite ||
      this.#inRegion(job.region) >= this.#limits.perRegion ||
      this.#isHeldByCredential(job)
    )
  }

  #isHeldByCredential({ credential }: TrialJob): boolean {
    const limit = Math.min(this.#limits.perCredential, this.#credentialLimits.get(credential) ?? NONE)
    return this.#withCredential(credential) >= limit
  }

  /** The jobs that wait for nothing but the rate. */
  #startable(): TrialJob[] {
    if (this.#isPaused || this.#running.size >= this.#limits.concurrency) return []
    return [...this.#waiting].filter((job) => !this.#isHeldByRoom(job))
  }

  /**
   * While jobs wait for nothing but the rate, at least three quarters of the starts that it allows are made. A start that is
   * late is not always made up for: no second has more than the rate.
   */
  #checkRate(): void {
    expect(this.#isHeldByRate()).toBe(true)
    const { startsPerSecond } = this.#limits
    const now = this.#clock.now()
    this.#heldByRate ??= { since: now, started: this.started.length }
    const { since, started } = this.#heldByRate
    const expected = (((now - since) * 0.75 - 2 * START_EVERY_MS) * startsPerSecond) / 1_000
    expect(this.started.length - started).toBeGreaterThanOrEqual(Math.floor(expected))
  }

  /** Whether the rate allows no start now, or did not a moment ago. */
  #isHeldByRate(): boolean {
    const { startsPerSecond } = this.#limits
    return (
      this.#startsSince(1_000 / startsPerSecond + START_EVERY_MS) > 0 ||
      this.#startsSince(1_000 + START_EVERY_MS) >= startsPerSecond
    )
  }

  #atSite(siteId: number): number {
    return [...this.#running].filter((job) => job.siteId === siteId).length
  }

  #inRegion(region: string): number {
    return [...this.#running].filter((job) => job.region === region).length
  }

  #withCredential(credential: string): number {
    return [...this.#running].filter((job) => job.credential === credential).length
  }

  #startsSince(durationMs: number): number {
    return this.started.filter(({ at }) => at > this.#clock.now() - durationMs).length
  }
}

function laneOf({ siteId, credential, region }: TrialJob): string {
  return `${siteId} ${credential} ${region}`
}

function most(counts: number[]): number {
  return Math.max(0, ...counts)
}
