import { probe } from '../../src/netconf/probe.ts'
import type { ProbeCredential, ProbeReport, ProbeTask } from '../../src/netconf/report/probe-report.ts'
import type { Fleet, FleetOptions } from '../../src/simulator/fleet.ts'

/** Longer than any device takes that answers, on any machine. */
const PATIENT_MS = 60_000

/** Where devices stall once they are logged in to, and the password that lets them get so far. */
const stalling = new Map<string, string>()

export function registerStalling(place: { address: string; port: number }, { password }: ProbeCredential) {
  stalling.set(`${place.address}:${place.port}`, password ?? '')
}

/** Registers the faulty devices of a fleet, which all stall. */
export function registerFaulty({ inventory, credential }: Fleet, { devices, faulty }: FleetOptions) {
  const upTo = (count: number) => Math.floor((count * faulty) / devices)
  for (const [index, record] of inventory.entries()) {
    if (upTo(index + 1) > upTo(index)) registerStalling(record, credential)
  }
}

/**
 * The real probe, whose deadline counts only for devices that stall. All others get as long as they need, so that
 * a busy machine turns none of them into a TIMEOUT.
 */
export const patientProbe = (task: ProbeTask, signal: AbortSignal): Promise<ProbeReport> => {
  const timeoutMs = stalls(task) ? task.timeoutMs : Math.max(task.timeoutMs, PATIENT_MS)
  return probe({ ...task, timeoutMs }, signal)
}

function stalls({ host, port, credential }: ProbeTask): boolean {
  return stalling.get(`${host}:${port}`) === credential.password
}
