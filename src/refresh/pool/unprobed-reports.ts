import { type ProbeReport, unknownPeer } from '../../netconf/report/probe-report.ts'

/** Returns the report for a device whose probe threw, which is a bug. It says nothing about the device. */
export function bugReport(at: number): ProbeReport {
  return skippedReport(
    'Rollcall failed with an internal error while it probed this device; its log says more.',
    at,
  )
}

/**
 * Returns the report for a device for which no probe thread could be started. It says nothing about the
 * device.
 */
export function noThreadReport(at: number): ProbeReport {
  return {
    ...skippedReport(
      "Rollcall's probe threads keep ending; its log says why. Check this machine's limits of files, " +
        'processes and memory.',
      at,
    ),
    shortage: true,
  }
}

/** Returns the report for a device that was not probed, with the reason. `at` is epoch milliseconds. */
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

/** Returns the report for a probe that was cancelled before it found anything. `at` is epoch milliseconds. */
export function cancelledReport(at: number): ProbeReport {
  return { ...skippedReport('The probe was cancelled before it ended.', at), outcome: 'CANCELLED' }
}

/** Returns the report for a probe whose thread did not answer in time. `at` is epoch milliseconds. */
export function timedOutReport(message: string, at: number): ProbeReport {
  return { ...skippedReport(message, at), outcome: 'TIMEOUT' }
}
