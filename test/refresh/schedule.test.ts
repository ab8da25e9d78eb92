import { describe, expect, it } from 'vitest'
import { Schedule } from '../../src/refresh/schedule.ts'
import { HandClock } from '../support/hand-clock.ts'

const START = 1_000_000

/** Every 100 ms; `runs` says when, from the start. */
function newSchedule() {
  const clock = new HandClock(START)
  const runs: number[] = []
  const schedule = new Schedule({
    clock,
    everyMs: 100,
    firstAt: START + 100,
    run: () => runs.push(clock.now() - START),
  })
  return { clock, runs, schedule, nextIn: () => schedule.nextAt - START }
}

describe('Schedule', () => {
  it('runs at a fixed interval, for the first time after one interval', () => {
    const { clock, runs, nextIn } = newSchedule()
    expect(nextIn()).toBe(100)
    clock.advance(99)
    expect(runs).toEqual([])
    clock.advance(251)
    expect(runs).toEqual([100, 200, 300])
    expect(nextIn()).toBe(400)
  })

  it('runs at once if the first time has passed, then at its interval', () => {
    const clock = new HandClock(START)
    const runs: number[] = []
    const schedule = new Schedule({
      clock,
      everyMs: 100,
      firstAt: START - 250,
      run: () => runs.push(clock.now() - START),
    })
    clock.advance(150)
    expect(runs).toEqual([0, 50, 150])
    expect(schedule.nextAt).toBe(START + 250)
  })

  it.each([
    { at: 0, from: 100 },
    { at: 100, from: 100 },
    { at: 101, from: 200 },
    { at: 1_150, from: 1_200 },
  ])('comes next, from $at on, at $from', ({ at, from }) => {
    expect(newSchedule().schedule.nextFrom(START + at)).toBe(START + from)
  })

  it('keeps its times even if a timer is late', () => {
    const { clock, runs, nextIn } = newSchedule()
    clock.oversleep(130)
    expect(runs).toEqual([130])
    expect(nextIn()).toBe(200)
    clock.advance(70)
    expect(runs).toEqual([130, 200])
  })

  it.each([
    { sleptMs: 550, nextIn: 600 },
    { sleptMs: 500, nextIn: 600 },
    { sleptMs: 599, nextIn: 600 },
  ])('runs once for all runs missed in $sleptMs ms', ({ sleptMs, nextIn }) => {
    const schedule = newSchedule()
    schedule.clock.oversleep(sleptMs)
    expect(schedule.runs).toEqual([sleptMs])
    expect(schedule.nextIn()).toBe(nextIn)
    schedule.clock.advance(nextIn - sleptMs)
    expect(schedule.runs).toEqual([sleptMs, nextIn])
  })

  it('starts its interval anew if the clock is set back, even before the first run', () => {
    const day = 86_400_000
    const clock = new HandClock(START)
    let runs = 0
    const schedule = new Schedule({
      clock,
      everyMs: day,
      firstAt: START + 1_000 * day,
      run: () => {
        runs += 1
      },
    })
    expect(schedule.nextAt).toBe(START + day)
    clock.setBack(2 * day)
    clock.advance(day)
    expect(runs).toBe(1)
    expect(schedule.nextAt - clock.now()).toBe(day)
    clock.advance(day)
    expect(runs).toBe(2)
  })

  it('keeps its times even if a timer is slightly early', () => {
    const clock = new HandClock(START)
    const schedule = new Schedule({ clock, everyMs: 60_000, firstAt: START + 60_000, run: () => undefined })
    clock.setBack(2)
    clock.advance(60_000)
    expect(clock.now()).toBe(START + 59_998)
    expect(schedule.nextAt).toBe(START + 120_000)
  })

  it('knows the next time while a run begins', () => {
    const clock = new HandClock(START)
    const told: number[] = []
    const schedule = new Schedule({
      clock,
      everyMs: 100,
      firstAt: START + 100,
      run: () => told.push(schedule.nextAt - START),
    })
    clock.advance(100)
    expect(told).toEqual([200])
  })

  it('does not run after it was closed, and leaves no timer', async () => {
    const { clock, runs, schedule } = newSchedule()
    clock.advance(100)
    await schedule.close()
    await schedule.close()
    expect(clock.timers).toBe(0)
    clock.advance(1_000)
    expect(runs).toEqual([100])
  })

  it('may be closed by its own run', () => {
    const clock = new HandClock(START)
    let runs = 0
    const schedule = new Schedule({
      clock,
      everyMs: 100,
      firstAt: START + 100,
      run: () => {
        runs += 1
        void schedule.close()
      },
    })
    clock.advance(1_000)
    expect(runs).toBe(1)
  })

  it('follows a change of the interval', () => {
    const clock = new HandClock(START)
    const runs: number[] = []
    const run = () => runs.push(clock.now() - START)
    const schedule = new Schedule({ clock, everyMs: 10_000, firstAt: START + 10_000, run })
    clock.advance(4_000)
    schedule.change(6_000)
    expect(schedule.nextAt - START).toBe(6_000)
    clock.advance(2_000)
    expect(runs).toEqual([6_000])
    schedule.change(20_000)
    expect(schedule.nextAt - START).toBe(26_000)
    clock.advance(10_000)
    // That long ago was the last run, so the next one is due.
    schedule.change(5_000)
    clock.advance(1)
    expect(runs).toEqual([6_000, 16_000])
    expect(clock.timers).toBe(1)
  })
})
