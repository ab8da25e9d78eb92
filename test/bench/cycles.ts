import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { runBenchmark, tell } from './support/benchmark.ts'
import { setUpGateway } from './support/gateway-over-fleet.ts'
import { countOption, devicesOption, faultyOption, timeoutOption } from './support/options.ts'
import { resetPeakMemory, usageNotes, usageOf } from './support/process-usage.ts'
import { completeRefresh } from './support/refreshes.ts'
import { fixed, megabytes, outcomeList, printReport, seconds } from './support/report.ts'
import { medianOf } from './support/statistics.ts'

// Whole refreshes by a real gateway, one after the other: what each takes, and whether anything of them stays.

interface CycleOptions {
  devices: number
  faulty: number
  timeout: number
  refreshes: number
}

const command = new Command('bench:cycles')
  .description('Wall time, CPU and memory of a gateway that does one refresh after the other.')
  .addOption(devicesOption(1_000))
  .addOption(faultyOption(11))
  .addOption(timeoutOption())
  .addOption(countOption('--refreshes <n>', 'how many refreshes', 10))

/** How long a gateway is left alone before its memory at rest is read. */
const REST_MS = 2_000

interface Cycle {
  wallMs: number
  probesPerSecond: number
  /** Null where the system does not tell; so are the following. */
  cpuMsPerProbe: number | null
  /** What of it the thread of the API has used. */
  apiThreadCpuMsPerProbe: number | null
  peakMemoryBytes: number | null
  memoryAtRestBytes: number | null
  outcomes: Record<string, number>
}

await runBenchmark<CycleOptions>(command, async ({ timeout, ...options }, stack) => {
  const setup = await setUpGateway(stack, { ...options, timeoutMs: timeout })
  const gateway = setup.start()
  const url = await gateway.url
  const cycles: Cycle[] = []
  for (let count = 1; count <= options.refreshes; count += 1) {
    const cycle = await measureCycle(gateway.pid, url)
    tell(`refresh ${count} of ${options.refreshes}: ${seconds(cycle.wallMs)}, ${outcomeList(cycle.outcomes)}`)
    cycles.push(cycle)
  }
  printReport({
    benchmark: command.name(),
    title: `${options.devices} devices, ${options.faulty} of them stall; ${timeout / 1000} s a probe at most; ${options.refreshes} refreshes one after the other`,
    tables: [
      {
        columns: [
          'refresh',
          'wall',
          'probes/s',
          'CPU/probe',
          'of it API thread',
          'peak memory',
          'at rest',
          'outcomes',
        ],
        rows: [
          ...cycles.map((cycle, index) => cellsOf(String(index + 1), cycle, outcomeList(cycle.outcomes))),
          cellsOf('median', mediansOf(cycles), ''),
        ],
      },
    ],
    notes: [
      'CPU and memory are those of the gateway, all its threads; the peak is that of each refresh.',
      ...usageNotes(),
    ],
    data: { options: { ...options, timeout }, cycles, medians: mediansOf(cycles) },
  })
})

async function measureCycle(pid: number, url: string): Promise<Cycle> {
  resetPeakMemory(pid)
  const before = usageOf(pid)
  const { wallMs, total, outcomes } = await completeRefresh(url)
  const after = usageOf(pid)
  await sleep(REST_MS)
  const isTold = before !== null && after !== null
  return {
    wallMs,
    probesPerSecond: (total * 1000) / wallMs,
    cpuMsPerProbe: isTold ? (after.cpuMs - before.cpuMs) / total : null,
    apiThreadCpuMsPerProbe: isTold ? (after.mainThreadCpuMs - before.mainThreadCpuMs) / total : null,
    peakMemoryBytes: after?.peakMemoryBytes ?? null,
    memoryAtRestBytes: usageOf(pid)?.memoryBytes ?? null,
    outcomes,
  }
}

type Medians = { [Key in Exclude<keyof Cycle, 'outcomes'>]: number | null }

function mediansOf(cycles: readonly Cycle[]): Medians {
  return {
    wallMs: medianOf(cycles, ({ wallMs }) => wallMs),
    probesPerSecond: medianOf(cycles, ({ probesPerSecond }) => probesPerSecond),
    cpuMsPerProbe: medianOf(cycles, ({ cpuMsPerProbe }) => cpuMsPerProbe),
    apiThreadCpuMsPerProbe: medianOf(cycles, ({ apiThreadCpuMsPerProbe }) => apiThreadCpuMsPerProbe),
    peakMemoryBytes: medianOf(cycles, ({ peakMemoryBytes }) => peakMemoryBytes),
    memoryAtRestBytes: medianOf(cycles, ({ memoryAtRestBytes }) => memoryAtRestBytes),
  }
}

function cellsOf(name: string, cycle: Medians, outcomes: string): string[] {
  return [
    name,
    seconds(cycle.wallMs),
    fixed(cycle.probesPerSecond, 0),
    `${fixed(cycle.cpuMsPerProbe, 2)} ms`,
    `${fixed(cycle.apiThreadCpuMsPerProbe, 2)} ms`,
    megabytes(cycle.peakMemoryBytes),
    megabytes(cycle.memoryAtRestBytes),
    outcomes,
  ]
}
