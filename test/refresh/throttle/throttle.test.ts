import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { BUSY_CONCURRENCY, type ThrottledJob } from '../../../src/refresh/throttle/throttle.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { newThrottle, usage, Workshop } from '../support/workshop.ts'

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
    const throttle = newThrottle(limits)
    for (let siteId = 1; siteId <= sites; siteId += 1)
      throttle.add(shop.jobs(`${siteId}-`, jobsPerSite, { siteId }))
    await shop.endAll()
    expect(shop.peak).toEqual(peak)
    expect(shop.started).toHaveLength(sites * jobsPerSite)
    expect(usage(throttle).concurrency).toEqual({ inUse: 0, waiting: 0 })
  })

  it('lets sites take turns, and keeps the order within a site', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ concurrency: 1, perSite: 1 })
    throttle.add([
      ...shop.jobs('a', 4, { siteId: 1 }),
      ...shop.jobs('b', 2, { siteId: 2 }),
      ...shop.jobs('c', 1, { siteId: 3 }),
    ])
    await shop.endAll()
    expect(shop.started).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
  })

  it('lets the credentials of a site take turns, however many of them wait', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ concurrency: 1 })
    throttle.add([
      ...shop.jobs('x', 3, { siteId: 1, credential: 'x' }),
      ...shop.jobs('y', 1, { siteId: 1, credential: 'y' }),
      ...shop.jobs('z', 2, { siteId: 2, credential: 'x' }),
    ])
    await shop.endAll()
    expect(shop.started).toEqual(['x1', 'z1', 'y1', 'z2', 'x2', 'x3'])
  })

  it('lets a later site take its turn before the rest of a large one', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ concurrency: 2, perSite: 2 })
    throttle.add(shop.jobs('a', 100, { siteId: 1 }))
    throttle.add(shop.jobs('b', 2, { siteId: 2 }))
    await shop.end('a1', 'a2')
    expect(shop.running).toEqual(['b1', 'a3'])
  })

  it('does not let a slow site delay the others', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ concurrency: 4, perSite: 2 })
    throttle.add([
      ...shop.jobs('hung', 50, { siteId: 1 }),
      ...shop.jobs('b', 20, { siteId: 2 }),
      ...shop.jobs('c', 20, { siteId: 3 }),
    ])
    await shop.endAll((running) => running.find((label) => !label.startsWith('hung')))
    expect(shop.started).toHaveLength(42)
    expect(shop.running).toEqual(['hung1', 'hung2'])
  })

  it('does not let a credential without room delay other jobs of its sites', () => {
    const shop = new Workshop()
    const throttle = newThrottle({ perSite: 3, credentialLimit: (name) => (name === 'bad' ? 1 : 9) })
    throttle.add([
      ...shop.jobs('bad', 3, { siteId: 1, credential: 'bad' }),
      ...shop.jobs('good', 1, { siteId: 1, credential: 'good' }),
      ...shop.jobs('worse', 3, { siteId: 2, credential: 'bad' }),
      ...shop.jobs('better', 5, { siteId: 2, credential: 'good' }),
    ])
    expect(shop.running).toEqual(['bad1', 'better1', 'good1', 'better2', 'better3'])
  })

  it('does not let a region without room delay other jobs', async () => {
    const shop = new Workshop()
    let limit = 2
    const throttle = newThrottle({
      concurrency: 5,
      regionLimit: (name) => (name === 'slow' ? limit : Number.POSITIVE_INFINITY),
    })
    throttle.add([
      ...shop.jobs('slow', 6, { siteId: 1, region: 'slow' }),
      ...shop.jobs('near', 2, { siteId: 2, region: 'slow' }),
      ...shop.jobs('fast', 6, { siteId: 3, region: 'fast' }),
    ])
    expect(shop.running).toEqual(['slow1', 'near1', 'fast1', 'fast2', 'fast3'])
    expect(throttle.budgets()).toContainEqual({
      name: 'perRegion',
      limit: 5,
      perSecond: false,
      inUse: 3,
      waiting: 6,
    })
    await shop.end('fast1', 'fast2')
    expect(shop.running).toEqual(['slow1', 'near1', 'fast3', 'fast4', 'fast5'])
    await shop.end('slow1', 'fast3', 'fast4', 'fast5')
    expect(shop.running).toEqual(['near1', 'slow2', 'fast6'])
    limit = 4
    throttle.wake()
    expect(shop.running).toEqual(['near1', 'slow2', 'fast6', 'near2', 'slow3'])
    await shop.endAll()
    expect(shop.started).toHaveLength(14)
    expect(usage(throttle).perRegion).toEqual({ inUse: 0, waiting: 0 })
  })

  it('calls the limit of a credential each time', async () => {
    const shop = new Workshop()
    let limit = 2
    const throttle = newThrottle({ perCredential: 4, credentialLimit: () => limit })
    throttle.add(shop.jobs('a', 9))
    limit = 3
    expect(shop.running).toEqual(['a1', 'a2'])
    throttle.wake()
    expect(shop.running).toEqual(['a1', 'a2', 'a3'])
    limit = 1
    await shop.end('a1', 'a2')
    expect(shop.running).toEqual(['a3'])
    limit = Number.POSITIVE_INFINITY
    throttle.wake()
    expect(shop.running).toEqual(['a3', 'a4', 'a5', 'a6'])
  })

  it.each([0, 60_000])('spaces starts evenly over the second, after a rest of %d ms', (restMs) => {
    const shop = new Workshop()
    const clock = new HandClock()
    const throttle = newThrottle({ startsPerSecond: 100, clock })
    clock.advance(restMs)
    throttle.add(shop.jobs('a', 500))
    expect(shop.started).toHaveLength(1)
    const perTick = Array.from({ length: 200 }, () => {
      const before = shop.started.length
      clock.advance(10)
      return shop.started.length - before
    })
    expect(perTick).toEqual(Array(200).fill(1))
  })

  it.each([100, 500, 1_000, 5_000])('starts every 10 ms what a rate of %d allows by then', (perSecond) => {
    const shop = new Workshop()
    const clock = new HandClock()
    newThrottle({ startsPerSecond: perSecond, clock }).add(shop.jobs('a', 6_000))
    expect(shop.started).toHaveLength(1)
    const perTick = Array.from({ length: 1_000 }, () => {
      const before = shop.started.length
      clock.advance(1)
      return shop.started.length - before
    })
    expect(perTick).toEqual(
      Array(100)
        .fill([0, 0, 0, 0, 0, 0, 0, 0, 0, perSecond / 100])
        .flat(),
    )
  })

  it('sets a timer only while the rate alone delays a job', async () => {
    const shop = new Workshop()
    const clock = new HandClock()
    const throttle = newThrottle({ concurrency: 2, startsPerSecond: 10, clock })
    throttle.add(shop.jobs('a', 1))
    expect(clock.timers).toBe(0)
    throttle.add(shop.jobs('b', 2))
    expect(clock.timers).toBe(1)
    throttle.take(() => true)
    expect(clock.timers).toBe(0)
    throttle.add(shop.jobs('c', 2))
    clock.advance(100)
    expect(shop.running).toEqual(['a1', 'c1'])
    expect(clock.timers).toBe(0)
    await shop.end('a1')
    expect(clock.timers).toBe(1)
    throttle.pause()
    expect(clock.timers).toBe(0)
  })

  it('starts nothing while it is paused', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ concurrency: 2 })
    throttle.add(shop.jobs('a', 5))
    throttle.pause()
    throttle.pause()
    await shop.end('a1')
    throttle.add(shop.jobs('b', 1, { siteId: 2 }))
    throttle.wake()
    expect(shop.running).toEqual(['a2'])
    throttle.resume()
    expect(shop.running).toHaveLength(2)
    await shop.endAll()
    expect(shop.started).toHaveLength(6)
  })

  it('takes back only jobs that have not started', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ concurrency: 2, perSite: 1 })
    const [first, ...rest] = shop.jobs('a', 3, { siteId: 1 })
    const others = shop.jobs('b', 3, { siteId: 2 })
    throttle.add([...(first ? [first] : []), ...rest, ...others])
    throttle.add([shop.job('x1', { siteId: 1, group: 2 }), shop.job('y1', { siteId: 3, group: 2 })])
    expect(throttle.take(({ group }) => group === 1)).toEqual([...rest, ...others.slice(1)])
    expect(throttle.take(({ group }) => group === 1)).toEqual([])
    expect(usage(throttle).concurrency).toEqual({ inUse: 2, waiting: 2 })
    await shop.endAll()
    expect(shop.started).toEqual(['a1', 'b1', 'y1', 'x1'])
  })

  it('continues with a site whose waiting jobs were all taken back', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ concurrency: 1, perSite: 1 })
    throttle.add([...shop.jobs('a', 2, { siteId: 1 }), ...shop.jobs('b', 2, { siteId: 2 })])
    throttle.take(() => true)
    throttle.add([...shop.jobs('x', 2, { siteId: 2 }), ...shop.jobs('y', 1, { siteId: 1 })])
    await shop.endAll()
    expect(shop.started.toSorted()).toEqual(['a1', 'x1', 'x2', 'y1'])
    expect(shop.peak).toEqual({ all: 1, site: 1 })
  })

  it('reports the use of its budgets', () => {
    const shop = new Workshop()
    const throttle = newThrottle({
      concurrency: 20,
      perSite: 2,
      perCredential: 30,
      startsPerSecond: 5,
      clock: new HandClock(),
    })
    expect(throttle.budgets()).toEqual([
      { name: 'concurrency', limit: 20, perSecond: false, inUse: 0, waiting: 0 },
      { name: 'perSite', limit: 2, perSecond: false, inUse: 0, waiting: 0 },
      { name: 'perCredential', limit: 20, perSecond: false, inUse: 0, waiting: 0 },
      { name: 'starts', limit: 5, perSecond: true, inUse: 0, waiting: 0 },
    ])
    throttle.add(shop.jobs('a', 4))
    expect(usage(throttle).starts).toEqual({ inUse: 1, waiting: 3 })
  })

  it('reports which budget delays which jobs', () => {
    const shop = new Workshop()
    const throttle = newThrottle({
      concurrency: 20,
      perSite: 2,
      credentialLimit: (name) => (name === 'bad' ? 3 : Number.POSITIVE_INFINITY),
    })
    throttle.add(shop.jobs('a', 5, { siteId: 1, credential: 'bad' }))
    throttle.add(shop.jobs('b', 3, { siteId: 2, credential: 'bad' }))
    throttle.add(shop.jobs('c', 1, { siteId: 3, credential: 'good' }))
    expect(throttle.budgets()).toMatchObject([
      { name: 'concurrency', inUse: 4, waiting: 5 },
      { name: 'perSite', inUse: 2, waiting: 3 },
      { name: 'perCredential', limit: 3, inUse: 3, waiting: 5 },
      { name: 'starts', inUse: 4, waiting: 0 },
    ])
  })

  it('starts no more than 200 jobs while the processor is busy, and goes on once it is not', async () => {
    const shop = new Workshop()
    const clock = new HandClock()
    let isBusy = true
    const throttle = newThrottle({ concurrency: 500, clock, isBusy: () => isBusy })
    throttle.add(shop.jobs('a', 600))
    expect(shop.running).toHaveLength(BUSY_CONCURRENCY)
    clock.advance(1_000)
    await nextTurn()
    expect(shop.running).toHaveLength(BUSY_CONCURRENCY)
    await shop.end('a1')
    expect(shop.running).toHaveLength(BUSY_CONCURRENCY)
    expect(usage(throttle).concurrency).toEqual({ inUse: BUSY_CONCURRENCY, waiting: 399 })
    expect(throttle.budgets()[0]).toMatchObject({ name: 'concurrency', limit: BUSY_CONCURRENCY })

    isBusy = false
    expect(throttle.budgets()[0]).toMatchObject({ name: 'concurrency', limit: 500 })
    clock.advance(1_000)
    await nextTurn()
    expect(shop.running).toHaveLength(500)
  })

  it('obeys a lower limit, busy or not', () => {
    const shop = new Workshop()
    newThrottle({ concurrency: 150, isBusy: () => true }).add(shop.jobs('a', 600))
    newThrottle({ concurrency: 150, isBusy: () => false }).add(shop.jobs('b', 600))
    expect(shop.running).toHaveLength(300)
  })

  it.each([1, Number.POSITIVE_INFINITY])(
    'starts thousands of jobs that end at once and add more: %d at a time',
    async (concurrency) => {
      const throttle = newThrottle({ concurrency })
      let started = 0
      const job: ThrottledJob = {
        siteId: 1,
        region: 'local',
        credential: 'any',
        group: 1,
        async run() {
          started += 1
          if (started < 20_000) throttle.add([job])
        },
      }
      throttle.add([job])
      await nextTurn()
      expect(started).toBe(20_000)
      expect(usage(throttle).concurrency).toEqual({ inUse: 0, waiting: 0 })
    },
  )
})
