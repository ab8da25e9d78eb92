import { getEventListeners } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { PROBE_PHASES } from '../../../src/netconf/outcome/outcome.ts'
import { probe } from '../../../src/netconf/probe.ts'
import { FAULT_NAMES } from '../../../src/simulator/faults.ts'
import { type FleetProcess, spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { probeTask } from '../../support/probe-task.ts'
import { ENDINGS, type Ending } from './endings.ts'
import { heldSince, holdings, NOTHING } from './left-behind.ts'
import { AT_ONCE, TurnCount } from './turns.ts'

/** Devices that only the deadline, or a cancellation, gets rid of. */
const STALLS = FAULT_NAMES.filter((name) => ENDINGS[name].stalls)
let fleet: FleetProcess

beforeAll(async () => {
  fleet = await spawnFleet({ devices: STALLS.length, faulty: STALLS.length, faults: STALLS })
})

afterAll(() => fleet.close())

/** Resolves `reached` once the probe that runs on it enters the phase, for the probe reads it as it enters each. */
class PhaseClock implements Clock {
  readonly now = systemClock.now
  readonly after = systemClock.after
  readonly reached: Promise<void>
  readonly #resolve: () => void
  #readingsLeft: number

  constructor(phase: Ending['phase']) {
    // A probe reads it once before it begins, and has no address to resolve.
    const phases: unknown[] = PROBE_PHASES.filter((each) => each !== 'RESOLVE')
    this.#readingsLeft = phases.indexOf(phase) + 1
    const { promise, resolve } = Promise.withResolvers<void>()
    this.reached = promise
    this.#resolve = resolve
  }

  elapsed(): number {
    this.#readingsLeft -= 1
    if (this.#readingsLeft === 0) this.#resolve()
    return systemClock.elapsed()
  }
}

it('ends every stalled probe at once and leaves nothing behind', async () => {
  const before = holdings()
  const controller = new AbortController()
  const { signal } = controller
  const running = fleet.inventory.map(({ address, port }, index) => {
    const stalled = new PhaseClock(ENDINGS[STALLS[index] ?? expect.fail()].phase)
    const task = probeTask({ host: address, port, credential: fleet.credential, timeoutMs: 60_000 })
    return { stalled: stalled.reached, report: probe(task, signal, { clock: stalled }) }
  })
  await Promise.all(running.map(({ stalled }) => stalled))
  const turns = new TurnCount()
  turns.begin()
  controller.abort()
  const reports = await Promise.all(running.map(({ report }) => report))

  expect(turns.end()).toBeLessThanOrEqual(AT_ONCE)
  expect(reports.map(({ outcome, phase }, index) => [STALLS[index], outcome, phase])).toEqual(
    STALLS.map((name) => [name, 'CANCELLED', ENDINGS[name].phase]),
  )
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(await heldSince(before)).toEqual(NOTHING)
})
