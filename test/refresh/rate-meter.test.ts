import { describe, expect, it } from 'vitest'
import { RateMeter } from '../../src/refresh/rate-meter.ts'

const START = 1_000_000

describe('RateMeter', () => {
  it('has no rate at its start', () => {
    expect(new RateMeter(START).perSecond(START)).toBe(0)
  })

  it('reckons from its start until the window of 5 s is full', () => {
    const meter = new RateMeter(START)
    meter.add(10, START + 500)
    meter.add(20, START + 1_000)
    expect(meter.perSecond(START + 1_000)).toBe(30)
    expect(meter.perSecond(START + 2_000)).toBe(15)
  })

  it('forgets what lies further back than 5 s', () => {
    const meter = new RateMeter(START)
    meter.add(1_000, START + 1_000)
    meter.add(50, START + 9_000)
    expect(meter.perSecond(START + 10_000)).toBe(10)
    expect(meter.perSecond(START + 14_000)).toBe(10)
    expect(meter.perSecond(START + 14_001)).toBe(0)
  })

  it('tells how long ago the last came', () => {
    const meter = new RateMeter(START)
    expect(meter.quietMs(START + 700)).toBe(0)
    meter.add(1, START + 1_000)
    meter.add(1, START + 2_000)
    expect(meter.quietMs(START + 2_300)).toBe(300)
  })

  it('begins anew where the clock is set back', () => {
    const meter = new RateMeter(1_000_000)
    meter.add(500, 1_001_000)
    expect(meter.perSecond(1_001_000)).toBe(500)
    expect(meter.perSecond(1_000)).toBe(0)
    meter.add(10, 2_000)
    expect(meter.perSecond(2_000)).toBe(10)
    expect(meter.quietMs(2_500)).toBe(500)
  })
})
