import { type ProbeReport, unknownPeer } from '../../netconf/report/probe-report.ts'

/** The result of a device whose probe threw, which only a bug does. It says nothing of the device. */
export function failedByBug(at: number): ProbeReport {
  return withoutProbe('Rollcall itself failed while it probed this device; its log says more.', at)
}

/** The result of a device for whose probe no thread could be started. It says nothing of the device. */
export function withoutThread(at: number): ProbeReport {
  return {
    ...withoutProbe(
      "Rollcall's probe threads do not stay up; its log says why. Check this machine's limits of open files, processes and memory.",
      at,
    ),
    shortage: true,
  }
}

/** The result of a device that was not probed: it tells why, and says nothing of the device. `at` is epoch milliseconds. */
export function withoutProbe(message: string, at: number): ProbeReport {
  return {
    outcome: 'SKIPPED',
    phase: 'QUEUED',
    message,
    startedAt: at,
    durationMs: 0,
    phases: [],
    capabilities: null,
    library: null,
    missing: [],
    sessionId: null,
    peer: unknownPeer(),
    facts: null,
    notes: [],
  }
}
