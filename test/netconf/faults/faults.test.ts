import { getEventListeners } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { probe } from '../../../src/netconf/probe.ts'
import type { ProbeReport } from '../../../src/netconf/report/probe-report.ts'
import { FAULT_NAMES, type FaultName } from '../../../src/simulator/behaviours.ts'
import { type FleetProcess, spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { probeTask } from '../../support/probe-task.ts'
import { ENDINGS } from './endings.ts'
import { type Holdings, heldSince, holdings, NOTHING } from './left-behind.ts'

const TIMEOUT_MS = 1000
/** How much later than its deadline a probe may settle. */
const GRACE_MS = 250
/** So many at once that the stalls do not add up, so few that none waits for the CPU. */
const AT_ONCE = 8

/** One probe, with what could be seen of it from outside. */
interface Observed {
  report: ProbeReport
  settledAfterMs: number
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
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns))
})

afterAll(() => fleet.close())

async function observe(index: number): Promise<void> {
  const name = FAULT_NAMES[index]
  const device = fleet.inventory[index]
  if (name === undefined || device === undefined) throw new Error(`There is no fault ${index}.`)
  const { signal } = new AbortController()
  const begun = performance.now()
  const report = await probe(
    probeTask({
      host: device.address,
      port: device.port,
      credential: fleet.credential,
      timeoutMs: TIMEOUT_MS,
      ...ENDINGS[name].task,
    }),
    signal,
  )
  const settledAfterMs = performance.now() - begun
  observed.set(name, { report, settledAfterMs, listeners: getEventListeners(signal, 'abort').length })
}

describe('a device that has the fault', () => {
  it.each(FAULT_NAMES)('%s', (name) => {
    const { outcome, phase, message, stalls = false, note } = ENDINGS[name]
    const { report, settledAfterMs, listeners } = observed.get(name) ?? expect.fail('was not probed')

    expect(report.outcome).toBe(outcome)
    expect([phase].flat()).toContain(report.phase)
    if (message === null) expect(report.message).toBeNull()
    else expect(report.message).toMatch(message)
    expect(report.capabilities === null).toBe(!/^(SUPPORTED|MISSING_CAPABILITIES)$/.test(outcome))
    if (note !== undefined) expect(report.notes).toEqual([expect.stringMatching(note)])
    expect(report.facts).toBeNull()
    expect(settledAfterMs).toBeLessThan(TIMEOUT_MS + GRACE_MS)
    // A timer may fire a fraction of a millisecond early.
    if (stalls) expect(settledAfterMs).toBeGreaterThan(TIMEOUT_MS - 1)
    expect(listeners).toBe(0)
    expect(JSON.stringify(report)).not.toContain(fleet.credential.password)
  })
})

it('leaves no socket, timer or file descriptor behind, whatever the device does', async () => {
  expect(await heldSince(before)).toEqual(NOTHING)
})
