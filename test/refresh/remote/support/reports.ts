import type { ProbeReport } from '../../../../src/netconf/report/probe-report.ts'
import { skippedReport } from '../../../../src/refresh/pool/unprobed-reports.ts'
import type { RemoteTask } from '../../../../src/refresh/remote/task-format.ts'

/** The report of a device that answers. */
export function supportedReport(changes: Partial<ProbeReport> = {}): ProbeReport {
  return { ...skippedReport('', Date.now()), outcome: 'SUPPORTED', phase: 'CLOSE', message: null, ...changes }
}

/** A task for a device that is never connected to. */
export function remoteTask(changes: Partial<RemoteTask> = {}): RemoteTask {
  return {
    host: '127.0.0.9',
    port: 830,
    credential: 'core',
    required: [],
    timeoutMs: 60_000,
    hostKeys: { check: 'any' },
    legacyAlgorithms: false,
    readFacts: true,
    ...changes,
  }
}
