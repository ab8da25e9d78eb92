import { type ProbeReport, unknownPeer } from '../../netconf/report/probe-report.ts'

/** The result of a device whose probe threw, which only a bug does. It says nothing of the device. */
export function bugReport(at: number): ProbeReport {
  return skippedReport('Rollcall itself failed while it probed this device; its log says more.', at)
}

/** The result of a device for whose probe no thread could be started. It says nothing of the device. */
export function noThreadReport(at: number): ProbeReport {
  return {
    ...skippedReport(
      "Rollcall's probe threads do not stay up; its log says why. Check this machine's limits of open files, processes and memory.",
      at,
    ),
    shortage: true,
  }
}

/** The result of a device that was not probed: it tells why, and says nothing of the device. `at` is epoch milliseconds. */
export function skippedReport(message: string, at: number): ProbeReport {
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

/** The report of a probe that was cancelled before anything came of it. `at` is epoch milliseconds. */
export function cancelledReport(at: number): ProbeReport {
  return { ...skippedReport('The probe was cancelled before it ended.', at), outcome: 'CANCELLED' }
}

/** The report of a probe that ran out of time without a word from its thread. `at` is epoch milliseconds. */
export function timedOutReport(message: string, at: number): ProbeReport {
  return { ...skippedReport(message, at), outcome: 'TIMEOUT' }
}
