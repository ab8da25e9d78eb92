import { expect, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { probe } from '../../../src/netconf/probe.ts'
import { FAULT_NAMES } from '../../../src/simulator/faults.ts'
import { startFleet } from '../../../src/simulator/fleet.ts'
import { ENDINGS } from '../../netconf/faults/endings.ts'
import { probeTask } from '../../support/probe-task.ts'

const STALL_MS = 1_000
/** A deadline that no device that ends by itself runs into. */
const PATIENT_MS = 60_000
/** A probe waits no longer than for a stall for an answer that is not needed. */
const clock: Clock = {
  ...systemClock,
  after: (delayMs, callback) =>
    systemClock.after(delayMs === PATIENT_MS ? delayMs : Math.min(delayMs, STALL_MS), callback),
}

/** TCP sockets and listeners of this process, both ends of each connection counted. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
}

/**
 * Probes a device of each fault twice. Each device must let go of a connection that its peer has left, and serve the
 * next one.
 */
export async function expectNoConnectionKept(latencyMs: number): Promise<void> {
  const count = FAULT_NAMES.length
  // Tests of other files in this process may have left connections that their server has yet to end.
  const before = openSockets()
  const fleet = await startFleet({ devices: count, faulty: count, faults: FAULT_NAMES, latencyMs })
  onTestFinished(() => fleet.close())
  for (let round = 0; round < 2; round += 1) {
    const reports = await Promise.all(
      fleet.inventory.map(({ address, port }, index) =>
        probe(
          probeTask({
            host: address,
            port,
            credential: fleet.credential,
            timeoutMs: ENDINGS[FAULT_NAMES[index] ?? expect.fail()].stalls ? STALL_MS : PATIENT_MS,
            readFacts: true,
          }),
          new AbortController().signal,
          { clock },
        ),
      ),
    )
    expect(new Set(reports.map(({ outcome }) => outcome))).toContain('SUPPORTED')
    // What the fleet leaves is its listener.
    await expect.poll(openSockets).toBeLessThanOrEqual(before + 1)
  }
  await fleet.close()
  await expect.poll(openSockets).toBeLessThanOrEqual(before)
}
