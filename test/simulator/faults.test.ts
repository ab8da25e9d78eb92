import { expect, onTestFinished, test } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { FAULT_NAMES } from '../../src/simulator/behaviours.ts'
import { startFleet } from '../../src/simulator/fleet.ts'
import { probeTask } from '../support/probe-task.ts'

/** TCP sockets and listeners of this process, both ends of each connection counted. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
}

test.each([0, 5])(
  'a faulty device %i ms away lets go of a connection that its peer has left, and serves the next',
  async (latencyMs) => {
    const count = FAULT_NAMES.length
    const fleet = await startFleet({ devices: count, faulty: count, faults: FAULT_NAMES, latencyMs })
    onTestFinished(() => fleet.close())
    for (let round = 0; round < 2; round += 1) {
      const reports = await Promise.all(
        fleet.inventory.map(({ address, port }) =>
          probe(
            probeTask({
              host: address,
              port,
              credential: fleet.credential,
              timeoutMs: 1000,
              readFacts: true,
            }),
            new AbortController().signal,
          ),
        ),
      )
      expect(new Set(reports.map(({ outcome }) => outcome))).toContain('SUPPORTED')
      // What is left is the listener.
      await expect.poll(openSockets).toBe(1)
    }
    await fleet.close()
    await expect.poll(openSockets).toBe(0)
  },
)
