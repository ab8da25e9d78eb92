import { getEventListeners } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { probe } from '../../../src/netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import { FAULT_NAMES, type FaultName } from '../../../src/simulator/faults.ts'
import { type FleetProcess, spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { probeTask } from '../../support/probe-task.ts'
import { ENDINGS } from './endings.ts'
import { type Holdings, heldSince, holdings, NOTHING } from './left-behind.ts'
import { AT_ONCE, TurnCount } from './turns.ts'

/** Deadlines for a device that stalls: the longer ones are for a machine that takes so long to get to the stall. */
const STALL_MS = [1_000, 4_000, 16_000]
/** A deadline that no device that ends by itself runs into. */
const PATIENT_MS = 60_000
/** So many at once that the waits do not add up. */
const CONCURRENCY = 16

/** One probe, with what could be seen of it from outside. */
interface Observed {
  report: ProbeReport
  /** Turns of the event loop from the deadline to the report; null if the deadline never came. */
  turnsAfterDeadline: number | null
  /** Listeners that it left on its signal. */
  listeners: number
}

let fleet: FleetProcess
let before: Holdings
const observed = new Map<FaultName, Observed>()

beforeAll(async () => {
  // In a process of its own: what is left behind in this one is the probes'.
  fleet = await spawnFleet({
    devices: FAULT_NAMES.length,
    faulty: FAULT_NAMES.length,
    faults: FAULT_NAMES,
  })
  // The first probe loads what stays loaded.
  await observe(FAULT_NAMES.indexOf('one-byte-a-packet'))
  before = holdings()
  const waiting = FAULT_NAMES.keys()
  const takeTurns = async (): Promise<void> => {
    for (const index of waiting) await observe(index)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, takeTurns))
})

afterAll(() => fleet.close())

async function observe(index: number): Promise<void> {
  const name = FAULT_NAMES[index]
  const device = fleet.inventory[index]
  if (name === undefined || device === undefined) throw new Error(`There is no fault ${index}.`)
  const { stalls = false, phase, message, task } = ENDINGS[name]
  for (const timeoutMs of stalls ? STALL_MS : [PATIENT_MS]) {
    const { address: host, port } = device
    const seen = await observeProbe(
      probeTask({ host, port, credential: fleet.credential, timeoutMs, ...task }),
    )
    observed.set(name, seen)
    const { report } = seen
    if ([phase].flat().includes(report.phase) && (message?.test(report.message ?? '') ?? true)) break
  }
}

async function observeProbe(task: ProbeTask): Promise<Observed> {
  const { signal } = new AbortController()
  const turns = new TurnCount()
  const clock: Clock = {
    ...systemClock,
    after: (delayMs, callback) =>
      systemClock.after(delayMs, () => {
        if (delayMs === task.timeoutMs) turns.begin()
        callback()
      }),
  }
  const report = await probe(task, signal, { clock })
  return { report, turnsAfterDeadline: turns.end(), listeners: getEventListeners(signal, 'abort').length }
}

describe('a device that has the fault', () => {
  it.each(FAULT_NAMES)('%s', (name) => {
    const { outcome, phase, message, stalls = false, note } = ENDINGS[name]
    const { report, turnsAfterDeadline, listeners } = observed.get(name) ?? expect.fail('was not probed')

    expect(report.outcome).toBe(outcome)
    expect([phase].flat()).toContain(report.phase)
    if (message === null) expect(report.message).toBeNull()
    else expect(report.message).toMatch(message)
    expect(report.capabilities === null).toBe(!/^(SUPPORTED|MISSING_CAPABILITIES)$/.test(outcome))
    if (note !== undefined) expect(report.notes).toEqual([expect.stringMatching(note)])
    expect(report.facts).toBeNull()
    if (stalls) expect(turnsAfterDeadline).toBeLessThanOrEqual(AT_ONCE)
    expect(turnsAfterDeadline === null).toBe(!stalls)
    expect(listeners).toBe(0)
    expect(JSON.stringify(report)).not.toContain(fleet.credential.password)
  })
})

it('leaves no socket, timer or file descriptor behind, whatever the device does', async () => {
  expect(await heldSince(before)).toEqual(NOTHING)
})
