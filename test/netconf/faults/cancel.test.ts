import { getEventListeners } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { probe } from '../../../src/netconf/probe.ts'
import { FAULT_NAMES } from '../../../src/simulator/behaviours.ts'
import { type FleetProcess, spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { probeTask } from '../../support/probe-task.ts'
import { ENDINGS } from './endings.ts'
import { heldSince, holdings, NOTHING } from './left-behind.ts'

/** Devices that only the deadline, or a cancellation, gets rid of. */
const STALLS = FAULT_NAMES.filter((name) => ENDINGS[name].stalls)
/** Long enough for each of them to stall where it does. */
const CANCEL_AFTER_MS = 300
const GRACE_MS = 250

let fleet: FleetProcess

beforeAll(async () => {
  fleet = await spawnFleet({ devices: STALLS.length, faulty: STALLS.length, faults: STALLS })
})

afterAll(() => fleet.close())

it('ends every stalled probe at once and leaves nothing behind', async () => {
  const before = holdings()
  const controller = new AbortController()
  const { signal } = controller
  const begun = performance.now()
  const running = fleet.inventory.map(({ address, port }) =>
    probe(probeTask({ host: address, port, credential: fleet.credential, timeoutMs: 60_000 }), signal),
  )
  setTimeout(() => controller.abort(), CANCEL_AFTER_MS)
  const reports = await Promise.all(running)

  expect(performance.now() - begun).toBeLessThan(CANCEL_AFTER_MS + GRACE_MS)
  expect(reports.map(({ outcome, phase }, index) => [STALLS[index], outcome, phase])).toEqual(
    STALLS.map((name) => [name, 'CANCELLED', ENDINGS[name].phase]),
  )
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(await heldSince(before)).toEqual(NOTHING)
})
