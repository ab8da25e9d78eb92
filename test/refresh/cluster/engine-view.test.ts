import { describe, expect, it } from 'vitest'
import { NO_ACTIVITY } from '../../../src/refresh/activity.ts'
import type { EngineState } from '../../../src/refresh/cluster/engine-state.ts'
import { EngineView } from '../../../src/refresh/cluster/engine-view.ts'
import { HandClock } from '../../support/hand-clock.ts'

const STATE: EngineState = {
  at: 1_000_000,
  running: [],
  budgets: [],
  credentials: [{ name: 'lab', state: 'SUSPENDED', rejections: 5, suspendedAt: 900_000 }],
  startedAt: 1,
  nextScheduledRefreshAt: 7_200_000,
  pausedBecause: null,
  sinceCycleMs: null,
  webhooks: [],
  activity: NO_ACTIVITY,
  probePool: { workers: 1, inFlight: 0, replaced: 0 },
  regions: [],
}

/** As the engine stored it so long ago. */
function row(unseenMs: number, state: Partial<EngineState> = {}) {
  return { term: 1, holder: 'host-a:17', unseenMs, state: JSON.stringify({ ...STATE, ...state }) }
}

describe('the view of an engine', () => {
  it('has the time of its clock, if this machine is five minutes ahead', () => {
    const clock = new HandClock(STATE.at + 300_000)
    const view = new EngineView(clock)
    expect(view.now()).toBe(STATE.at + 300_000)
    view.update(row(200), [])
    expect(view.now()).toBe(STATE.at + 200)
    clock.advance(1_500)
    // The same state was read again.
    view.update(row(1_700), [])
    expect(view.now()).toBe(STATE.at + 1_700)
    // Somebody corrects the clock of this machine.
    clock.setBack(300_000)
    expect(view.now()).toBe(STATE.at + 1_700)
  })

  it('tells that an engine works until it is silent or has ended', () => {
    const view = new EngineView(new HandClock())
    expect([view.isWorking, view.state]).toEqual([false, null])
    view.update(null, [])
    expect(view.isWorking).toBe(false)
    view.update(row(7_999), [])
    expect(view.isWorking).toBe(true)
    view.update(row(8_000), [])
    expect([view.isWorking, view.state?.startedAt]).toEqual([false, 1])
    view.update({ ...row(0), holder: null }, [])
    expect(view.isWorking).toBe(false)
  })

  it('has the credentials as the engine knows them, or as they are stored if none works', () => {
    const view = new EngineView(new HandClock())
    const stored = [{ name: 'lab', state: 'ACTIVE', rejections: 2, suspendedAt: null } as const]
    view.update(row(0), stored)
    expect(view.credentials).toEqual(STATE.credentials)
    view.update(row(9_000), stored)
    expect(view.credentials).toEqual(stored)
  })

  it('tells whether what keeps refreshes waiting has changed', () => {
    const view = new EngineView(new HandClock())
    expect(view.update(row(0), [])).toBe(false)
    expect(view.update(row(0, { pausedBecause: 'The disk is full.' }), [])).toBe(true)
    expect(view.pausedBecause).toBe('The disk is full.')
    expect(view.update(row(0, { pausedBecause: 'The disk is full.' }), [])).toBe(false)
    expect(view.update(row(9_000, { pausedBecause: 'The disk is full.' }), [])).toBe(true)
    expect(view.pausedBecause).toBeNull()
  })
})
