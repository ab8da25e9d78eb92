import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { ProbeReport, ProbeTask } from '../netconf/report/probe-report.ts'
import type { KnownHosts } from '../netconf/ssh/known-hosts.ts'
import type { TargetRow } from '../store/refresh-store.ts'
import type { Holds } from './holds.ts'
import { bugReport } from './pool/unprobed-reports.ts'
import type { ProbeTasks } from './probe-tasks.ts'

/** What it takes to probe a device. */
export interface Prober {
  tasks: ProbeTasks
  holds: Holds
  probe: (task: ProbeTask, signal: AbortSignal) => Promise<ProbeReport>
  clock: Clock
  log: Logger
}

/** Probes a device; never rejects. */
export async function askDevice(
  target: TargetRow,
  { tasks, holds, probe, clock, log }: Prober,
  options: { knownHosts: KnownHosts | null; signal: AbortSignal },
): Promise<ProbeReport> {
  const device = { deviceId: target.deviceId, name: target.name }
  try {
    const task = tasks.taskFor(target, options.knownHosts)
    if (!task) return holds.skipped(target, 'NO_CREDENTIAL', clock.now())
    const report = await probe(task, options.signal)
    const { outcome, message, notes } = report
    if (outcome === 'HOST_KEY_CHANGED') log.warn({ ...device, message }, 'host key changed')
    if (notes.length > 0) log.debug({ ...device, notes }, 'probe notes')
    return report
  } catch (bug) {
    log.error({ ...device, err: bug }, 'probe failed by a bug')
    return bugReport(clock.now())
  }
}
