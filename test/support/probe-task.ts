import type { ProbeTask } from '../../src/netconf/report/probe-report.ts'

/** A task with what a test does not care about filled in: any host key, safe algorithms, no facts, five seconds. */
export function probeTask(
  about: Pick<ProbeTask, 'host' | 'port' | 'credential'> & Partial<ProbeTask>,
): ProbeTask {
  return {
    required: [],
    timeoutMs: 5000,
    hostKeys: { check: 'any' },
    legacyAlgorithms: false,
    readFacts: false,
    ...about,
  }
}
