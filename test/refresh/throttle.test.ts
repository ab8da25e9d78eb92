import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Throttle, type ThrottledJob } from '../../src/refresh/throttle.ts'

/** Makes jobs that end when told to, and keeps account of which run. */
class Workshop {
  /** Labels, in the order in which the jobs started. */
  readonly started: string[] = []
  readonly #running = new Map<string, { siteId: number; end: () => void }>()
  /** The most that ever ran at once, in all and at one site. */
  peak = { all: 0, site: 0 }

  job(siteId: number, label: string, group = 1): ThrottledJob {
    return { siteId, group, run: () => this.#run(siteId, label) }
  }

  /** `count` jobs, `a1`, `a2` and so on. */
  jobs(siteId: number, prefix: string, count: number, group = 1): ThrottledJob[] {
    return Array.from({ length: count }, (_, index) => this.job(siteId, `${prefix}${index + 1}`, group))
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

  #run(siteId: number, label: string): Promise<void> {
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

function usage(throttle: Throttle) {
  return Object.fromEntries(throttle.budgets().map(({ name, inUse, waiting }) => [name, { inUse, waiting }]))
}

const IDLE = { concurrency: { inUse: 0, waiting: 0 }, perSite: { inUse: 0, waiting: 0 } }

describe('Throttle', () => {
  it.each([
    { limits: { concurrency: 5, perSite: 2 }, sites: 4, jobsPerSite: 6, peak: { all: 5, site: 2 } },
    { limits: { concurrency: 100, perSite: 3 }, sites: 4, jobsPerSite: 10, peak: { all: 12, site: 3 } },
    { limits: { concurrency: 100, perSite: 1 }, sites: 3, jobsPerSite: 5, peak: { all: 3, site: 1 } },
    { limits: { concurrency: 1, perSite: 10 }, sites: 3, jobsPerSite: 5, peak: { all: 1, site: 1 } },
    { limits: { concurrency: 4, perSite: 10 }, sites: 1, jobsPerSite: 30, peak: { all: 4, site: 4 } },
    { limits: { concurrency: 200, perSite: 10 }, sites: 2, jobsPerSite: 3, peak: { all: 6, site: 3 } },
  ])('uses its budgets up and never exceeds them: $limits, $sites sites', async (given) => {
    const { limits, sites, jobsPerSite, peak } = given
    const shop = new Workshop()
    const throttle = new Throttle(limits)
    for (let site = 1; site <= sites; site += 1) throttle.add(shop.jobs(site, `${site}-`, jobsPerSite))
    await shop.endAll()
    expect(shop.peak).toEqual(peak)
    expect(shop.started).toHaveLength(sites * jobsPerSite)
    expect(usage(throttle)).toEqual(IDLE)
  })

  it('runs every job once within its budgets, whatever ends when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          concurrency: fc.integer({ min: 1, max: 6 }),
          perSite: fc.integer({ min: 1, max: 4 }),
          batches: fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 15 }), { maxLength: 4 }),
          picks: fc.infiniteStream(fc.nat()),
        }),
        async ({ concurrency, perSite, batches, picks }) => {
          const shop = new Workshop()
          const throttle = new Throttle({ concurrency, perSite })
          const pick = (running: string[]) => running[(picks.next().value ?? 0) % running.length]
          const added: string[] = []
          for (const [batch, sites] of batches.entries()) {
            const labels = sites.map((_, index) => `${batch}.${index}`)
            throttle.add(sites.map((site, index) => shop.job(site, labels[index] ?? '')))
            added.push(...labels)
            const one = pick(shop.running)
            if (one !== undefined) await shop.end(one)
          }
          await shop.endAll(pick)
          expect(shop.started.toSorted()).toEqual(added.toSorted())
          expect(shop.peak.all).toBeLessThanOrEqual(concurrency)
          expect(shop.peak.site).toBeLessThanOrEqual(perSite)
          expect(usage(throttle)).toEqual(IDLE)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('lets sites take turns, and keeps the order within a site', async () => {
    const shop = new Workshop()
    const throttle = new Throttle({ concurrency: 1, perSite: 1 })
    throttle.add([...shop.jobs(1, 'a', 4), ...shop.jobs(2, 'b', 2), ...shop.jobs(3, 'c', 1)])
    await shop.endAll()
    expect(shop.started).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
  })

  it('lets a site that comes later take its turn before the rest of a large one', async () => {
    const shop = new Workshop()
    const throttle = new Throttle({ concurrency: 2, perSite: 2 })
    throttle.add(shop.jobs(1, 'a', 100))
    throttle.add(shop.jobs(2, 'b', 2))
    await shop.end('a1', 'a2')
    expect(shop.running).toEqual(['b1', 'a3'])
    throttle.drop(1)
  })

  it('does not let a site that hangs hold up the others', async () => {
    const shop = new Workshop()
    const throttle = new Throttle({ concurrency: 4, perSite: 2 })
    throttle.add([...shop.jobs(1, 'hung', 50), ...shop.jobs(2, 'b', 20), ...shop.jobs(3, 'c', 20)])
    await shop.endAll((running) => running.find((label) => !label.startsWith('hung')))
    expect(shop.started).toHaveLength(42)
    expect(shop.running).toEqual(['hung1', 'hung2'])
  })

  it('takes back what a group has not started, and nothing else', async () => {
    const shop = new Workshop()
    const throttle = new Throttle({ concurrency: 2, perSite: 1 })
    throttle.add([...shop.jobs(1, 'a', 3, 1), ...shop.jobs(2, 'b', 3, 1)])
    throttle.add([...shop.jobs(1, 'x', 1, 2), ...shop.jobs(3, 'y', 1, 2)])
    expect(throttle.drop(1)).toBe(4)
    expect(throttle.drop(1)).toBe(0)
    expect(usage(throttle).concurrency).toEqual({ inUse: 2, waiting: 2 })
    await shop.endAll()
    expect(shop.started).toEqual(['a1', 'b1', 'y1', 'x1'])
    expect(usage(throttle)).toEqual(IDLE)
  })

  it('goes on with a site of which everything that waited was taken back', async () => {
    const shop = new Workshop()
    const throttle = new Throttle({ concurrency: 1, perSite: 1 })
    throttle.add([...shop.jobs(1, 'a', 2, 1), ...shop.jobs(2, 'b', 2, 1)])
    throttle.drop(1)
    throttle.add([...shop.jobs(2, 'x', 2, 2), ...shop.jobs(1, 'y', 1, 2)])
    await shop.endAll()
    expect(shop.started.toSorted()).toEqual(['a1', 'x1', 'x2', 'y1'])
    expect(shop.peak).toEqual({ all: 1, site: 1 })
    expect(usage(throttle)).toEqual(IDLE)
  })

  it('tells its budgets as they stand', async () => {
    const shop = new Workshop()
    const throttle = new Throttle({ concurrency: 4, perSite: 2 })
    throttle.add([...shop.jobs(1, 'a', 5), ...shop.jobs(2, 'b', 1)])
    expect(throttle.budgets()).toEqual([
      { name: 'concurrency', limit: 4, perSecond: false, inUse: 3, waiting: 3 },
      { name: 'perSite', limit: 2, perSecond: false, inUse: 2, waiting: 3 },
    ])
    await shop.endAll()
    expect(usage(throttle)).toEqual(IDLE)
  })
})
