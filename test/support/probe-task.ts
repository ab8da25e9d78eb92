import type { ProbeTask } from '../../src/netconf/report/probe-report.ts'

/** A task with what a test does not care about filled in: any host key, safe algorithms, no facts, a minute. */
export function probeTask(
  about: Pick<ProbeTask, 'host' | 'port' | 'credential'> & Partial<ProbeTask>,
): ProbeTask {
  return {
    required: [],
    timeoutMs: 60_000,
    hostKeys: { check: 'any' },
    legacyAlgorithms: false,
    readFacts: false,
    ...about,
  }
}
