import { describe, expect, it } from 'vitest'
import { hasEnded, type LiveCounts, progressOf, RateMeter } from '../../src/refresh/progress.ts'
import { REFRESH_STATES, type RefreshRow } from '../../src/store/refresh-store.ts'

const NOW = 1_000_000

function row(fields: Partial<RefreshRow>): RefreshRow {
  return {
    id: 7,
    state: 'PROBING',
    trigger: 'MUTATION',
    requestedBy: null,
    scope: { countryIds: [], siteIds: [], deviceIds: [] },
    sync: false,
    force: false,
    createdAt: NOW - 10_500,
    startedAt: NOW - 10_000,
    finishedAt: null,
    error: null,
    total: 100,
    retryOf: null,
    summary: null,
    outcomeCounts: { SUPPORTED: 30, TIMEOUT: 10 },
    ...fields,
  }
}

function rateOf(count: number): RateMeter {
  const meter = new RateMeter(NOW - 10_000)
  meter.add(count, NOW - 1_000)
  return meter
}

describe('progressOf', () => {
  it('gives the rate of a running refresh, and the time left at that rate', () => {
    expect(progressOf(row({}), { inFlight: 5, rate: rateOf(100), pausedBecause: null }, NOW)).toEqual({
      refreshId: 7,
      state: 'PROBING',
      total: 100,
      done: 40,
      inFlight: 5,
      byOutcome: { SUPPORTED: 30, TIMEOUT: 10 },
      elapsedMs: 10_000,
      etaMs: 3_000,
      probesPerSecond: 20,
      pausedBecause: null,
    })
  })

  it.each<[string, Partial<RefreshRow>, Partial<LiveCounts> | undefined, object]>([
    [
      'has no estimate before the first result',
      { outcomeCounts: {} },
      { inFlight: 5, rate: new RateMeter(NOW - 1_000) },
      { done: 0, probesPerSecond: 0, etaMs: null },
    ],
    [
      'has no estimate if no more results arrive',
      {},
      { inFlight: 5, rate: new RateMeter(NOW - 60_000) },
      { probesPerSecond: 0, etaMs: null },
    ],
    [
      'does not underestimate the time left if devices stall at the end',
      { outcomeCounts: { SUPPORTED: 99 } },
      { inFlight: 1, rate: rateOf(500) },
      { probesPerSecond: 100, etaMs: 1_000 },
    ],
    [
      'has the reason why it waits',
      {},
      { pausedBecause: 'The disk is full.' },
      { pausedBecause: 'The disk is full.' },
    ],
    [
      'has not begun while it is queued',
      { state: 'QUEUED', startedAt: null, total: 0, outcomeCounts: {} },
      { inFlight: 0, rate: null },
      { elapsedMs: 0, probesPerSecond: 0, etaMs: null },
    ],
    [
      'has no estimate while the inventory is fetched',
      { state: 'SYNCING', total: 0, outcomeCounts: {} },
      { inFlight: 0, rate: null },
      { elapsedMs: 10_000, probesPerSecond: 0, etaMs: null },
    ],
    [
      'has the average rate after the end',
      { state: 'COMPLETED', finishedAt: NOW - 6_000 },
      undefined,
      { elapsedMs: 4_000, probesPerSecond: 10, etaMs: null, inFlight: 0 },
    ],
    [
      'bears a clock that was set back',
      { startedAt: NOW + 5_000 },
      undefined,
      { elapsedMs: 0, probesPerSecond: 0, etaMs: null },
    ],
  ])('%s', (_name, fields, live, expected) => {
    const counts = live && { inFlight: 0, rate: null, pausedBecause: null, ...live }
    expect(progressOf(row(fields), counts, NOW)).toMatchObject(expected)
  })
})

describe('hasEnded', () => {
  it('is true for the final states', () => {
    expect(REFRESH_STATES.filter(hasEnded)).toEqual(['COMPLETED', 'CANCELLED', 'FAILED'])
  })
})

describe('RateMeter', () => {
  it('has no rate at its start', () => {
    expect(new RateMeter(NOW).perSecond(NOW)).toBe(0)
  })

  it('divides by the time since its start until the window of 5 s is full', () => {
    const meter = new RateMeter(NOW)
    meter.add(10, NOW + 500)
    meter.add(20, NOW + 1_000)
    expect(meter.perSecond(NOW + 1_000)).toBe(30)
    expect(meter.perSecond(NOW + 2_000)).toBe(15)
  })

  it('ignores events more than 5 s ago', () => {
    const meter = new RateMeter(NOW)
    meter.add(1_000, NOW + 1_000)
    meter.add(50, NOW + 9_000)
    expect(meter.perSecond(NOW + 10_000)).toBe(10)
    expect(meter.perSecond(NOW + 14_000)).toBe(10)
    expect(meter.perSecond(NOW + 14_001)).toBe(0)
  })

  it('gives the time since the last event', () => {
    const meter = new RateMeter(NOW)
    expect(meter.sinceLastMs(NOW + 700)).toBe(0)
    meter.add(1, NOW + 1_000)
    meter.add(1, NOW + 2_000)
    expect(meter.sinceLastMs(NOW + 2_300)).toBe(300)
  })

  it('starts over if the clock is set back', () => {
    const meter = new RateMeter(1_000_000)
    meter.add(500, 1_001_000)
    expect(meter.perSecond(1_001_000)).toBe(500)
    expect(meter.perSecond(1_000)).toBe(0)
    meter.add(10, 2_000)
    expect(meter.perSecond(2_000)).toBe(10)
    expect(meter.sinceLastMs(2_500)).toBe(500)
  })
})
