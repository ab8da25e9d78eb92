import { monitorEventLoopDelay } from 'node:perf_hooks'
import { json } from 'node:stream/consumers'
import type { ClientJob, ClientResult } from './client-process.ts'
import { usageOf } from './process-usage.ts'

const RESOLUTION_MS = 10

/** One device's outcome; `index` counts the devices of the job. */
export type ProbeDevice = (index: number) => Promise<string>

/**
 * The main part of a client that runs on Node.js: reads its job, probes with what `open` gives for it, and prints the
 * result. What `open` itself takes does not count.
 */
export async function runNodeClient(
  open: (job: ClientJob) => Promise<{ probe: ProbeDevice; close: () => Promise<void> }>,
): Promise<void> {
  const job = (await json(process.stdin)) as ClientJob
  const { probe, close } = await open(job)
  const outcomes: Record<string, number> = {}
  let next = 0
  const takeTurns = async (): Promise<void> => {
    while (next < job.devices.length) {
      next += 1
      const outcome = await probe(next - 1)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
  }
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  const begun = performance.now()
  const cpuBefore = process.cpuUsage()
  loop.enable()
  await Promise.all(Array.from({ length: job.concurrency }, takeTurns))
  loop.disable()
  const { user, system } = process.cpuUsage(cpuBefore)
  // What is recorded is the time from one timer to the next.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
  const result: ClientResult = {
    wallMs: performance.now() - begun,
    cpuMs: (user + system) / 1000,
    // Not `maxRSS` where it can be helped: that begins with what the parent had.
    peakMemoryBytes: usageOf('self')?.peakMemoryBytes ?? process.resourceUsage().maxRSS * 1024,
    loopDelay: { p50Ms: late(loop.percentile(50)), p99Ms: late(loop.percentile(99)), maxMs: late(loop.max) },
    outcomes,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  await close()
}
