import { onTestFinished } from 'vitest'
import { type Fleet, type FleetOptions, startFleet } from '../../src/simulator/fleet.ts'
import { type RunningApi, startApi } from './api-server.ts'
import { registerFaulty } from './patient-probe.ts'

/** An API over a fleet of simulated devices, of which the faulty ones stall; both are closed with the test. */
export async function startApiOverFleet({
  timeoutMs,
  concurrency,
  ...options
}: FleetOptions & { timeoutMs?: number; concurrency?: number }): Promise<RunningApi & { fleet: Fleet }> {
  const fleet = await startFleet(options)
  onTestFinished(() => fleet.close())
  registerFaulty(fleet, options)
  const api = await startApi(fleet.inventory, {
    credentials: [{ name: 'fleet', ...fleet.credential, match: null }],
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(concurrency !== undefined && { concurrency }),
  })
  return { ...api, fleet }
}
