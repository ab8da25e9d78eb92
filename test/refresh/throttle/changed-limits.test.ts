import { describe, expect, it } from 'vitest'
import { HandClock } from '../../support/hand-clock.ts'
import { newThrottle, usage, Workshop } from '../support/workshop.ts'

const NONE = Number.POSITIVE_INFINITY
const limits = (changed: object) => ({
  concurrency: NONE,
  perSite: NONE,
  perCredential: NONE,
  startsPerSecond: NONE,
  ...changed,
})

describe('a throttle whose limits change', () => {
  it('starts what fits into a larger limit per site at once, in the order of the turns', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ perSite: 1 })
    throttle.add([...shop.jobs('a', 3, { siteId: 1 }), ...shop.jobs('b', 3, { siteId: 2 })])
    expect(shop.started).toEqual(['a1', 'b1'])
    throttle.change(limits({ perSite: 2 }))
    expect(shop.started).toEqual(['a1', 'b1', 'a2', 'b2'])
    await shop.endAll()
    expect(shop.started).toHaveLength(6)
    expect(shop.peak.site).toBe(2)
  })

  it('lets jobs in flight end, and starts none above a smaller limit', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ perSite: 3 })
    throttle.add(shop.jobs('a', 6))
    throttle.change(limits({ perSite: 1 }))
    expect(usage(throttle).perSite).toEqual({ inUse: 3, waiting: 3 })
    await shop.end('a1', 'a2')
    expect(shop.running).toEqual(['a3'])
    await shop.end('a3')
    expect(shop.running).toEqual(['a4'])
    await shop.endAll()
    expect(shop.started).toHaveLength(6)
  })

  it('follows the limit in all and that of a credential', async () => {
    const shop = new Workshop()
    const throttle = newThrottle({ concurrency: 1 })
    throttle.add(shop.jobs('a', 5))
    throttle.change(limits({ concurrency: 4 }))
    expect(shop.running).toHaveLength(4)
    throttle.change(limits({ perCredential: 2 }))
    await shop.end('a1', 'a2')
    expect(shop.running).toEqual(['a3', 'a4'])
    await shop.end('a3')
    expect(shop.running).toEqual(['a4', 'a5'])
    await shop.endAll()
  })

  it('does not wait for the spacing of a lower rate', async () => {
    const shop = new Workshop()
    const clock = new HandClock()
    const throttle = newThrottle({ clock, startsPerSecond: 1 / 60 })
    throttle.add(shop.jobs('a', 3))
    expect(shop.started).toEqual(['a1'])
    throttle.change(limits({ startsPerSecond: 10 }))
    clock.advance(100)
    expect(shop.started).toEqual(['a1', 'a2'])
    clock.advance(100)
    expect(shop.started).toEqual(['a1', 'a2', 'a3'])
    await shop.endAll()
  })
})
