import { Command } from 'commander'
import { latency, wholeNumber } from '../../src/cli/options.ts'
import type { LatencyRange } from '../../src/simulator/line.ts'
import { distantPages, type PageTimes, type Run, reportedRuns, summaryOf } from './api/refresh-load.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { setUpGateway } from './support/gateway-over-fleet.ts'
import { countOption, devicesOption, faultyOption, timeoutOption } from './support/options.ts'
import { resetPeakMemory, usageNotes, usageOf } from './support/process-usage.ts'
import { completeRefresh } from './support/refreshes.ts'
import { fixed, megabytes, milliseconds, outcomeList, printReport, seconds } from './support/report.ts'
import { phaseTimes } from './world/phases.ts'

// Refreshes of a fleet all over the world, by a gateway with default settings.

interface WorldOptions {
  devices: number
  faulty: number
  timeout: number
  latency: number | LatencyRange
  jitter: number
  loss: number
  refreshes: number
  rate: number
  idle: number
}

const command = new Command('bench:world')
  .description(
    'Refreshes of devices all over the world: wall time, round trips, CPU, memory, pages meanwhile.',
  )
  .addOption(devicesOption(14_000))
  .addOption(faultyOption(154))
  .addOption(timeoutOption())
  .option('--latency <ms>', 'the round trip to a device, or a range over the countries', latency, {
    nearestMs: 20,
    farthestMs: 300,
  })
  .option('--jitter <ms>', 'how much longer each packet may take', wholeNumber(0, 60_000), 10)
  .option('--loss <percent>', 'how many packets are lost and sent again', wholeNumber(0, 100), 0)
  .addOption(countOption('--refreshes <n>', 'how many refreshes, after a first one', 1))
  .addOption(countOption('--rate <n>', 'pages a second that are asked for, idle and in a refresh', 20))
  .addOption(countOption('--idle <s>', 'how many seconds the idle gateway is asked', 30))

interface WorldRun extends Run {
  cpuMsPerProbe: number | null
  peakMemoryBytes: number | null
}

await runBenchmark<WorldOptions>(command, async (options, stack) => {
  const { devices, faulty, timeout, jitter, loss } = options
  const distance = { latencyMs: options.latency, jitterMs: jitter, lossPercent: loss }
  const setup = await setUpGateway(stack, { devices, faulty, timeoutMs: timeout, distance })
  const gateway = setup.start()
  const url = await gateway.url
  resetPeakMemory(gateway.pid)
  const first = await completeRefresh(url)
  const firstPeak = usageOf(gateway.pid)?.peakMemoryBytes ?? null
  tell(`the first refresh, which also adds the devices: ${seconds(first.wallMs)}`)
  const pages = await distantPages(stack, url, options.rate)
  const runs: WorldRun[] = []
  for (let count = 1; count <= options.refreshes; count += 1) {
    tell(`refresh ${count} of ${options.refreshes}`)
    const idle = await pages.measureIdle(options.idle * 1_000)
    resetPeakMemory(gateway.pid)
    const before = usageOf(gateway.pid)
    const run = await pages.measureInRefresh()
    const after = usageOf(gateway.pid)
    const cpuMs = before === null || after === null ? null : after.cpuMs - before.cpuMs
    runs.push({
      idle,
      ...run,
      cpuMsPerProbe: cpuMs === null ? null : cpuMs / devices,
      peakMemoryBytes: after?.peakMemoryBytes ?? null,
      besideHierarchy: await pages.measureBesideHierarchy(),
    })
  }
  const phases = await phaseTimes(url, options.latency)
  printReport({
    benchmark: command.name(),
    title: titleOf(options),
    tables: [
      {
        columns: [
          'refresh',
          'wall',
          'CPU/probe',
          'peak memory',
          'page p99 idle',
          'in the refresh',
          'beside the hierarchy',
          'outcomes',
        ],
        rows: [
          [
            'first',
            seconds(first.wallMs),
            '-',
            megabytes(firstPeak),
            '-',
            '-',
            '-',
            outcomeList(first.outcomes),
          ],
          ...runs.map((run, index) => cellsOf(index + 1, run)),
          ['together', '-', '-', '-', ...pageCells(runs), '-'],
        ],
      },
      {
        columns: ['phase', 'median', 'round trips'],
        rows: phases.map(({ phase, medianMs, medianRoundTrips }) => [
          phase,
          milliseconds(medianMs),
          fixed(medianRoundTrips, 1),
        ]),
      },
    ],
    notes: [
      'The first refresh adds the devices to the database and does not know yet which of them stall.',
      'Phases are those of supported devices. Their times include the wait for the processor.',
      'Beside the hierarchy: in one more refresh, in which another client asks for the whole hierarchy once a second.',
      'CPU includes that of the pages meanwhile.',
      ...usageNotes(),
    ],
    data: { options, first, runs: reportedRuns(runs), together: summaryOf(runs), phases },
  })
})

function titleOf({ devices, faulty, latency: way, jitter, loss, timeout }: WorldOptions): string {
  const roundTrips = typeof way === 'number' ? `${way} ms` : `${way.nearestMs} to ${way.farthestMs} ms`
  return (
    `${devices} devices, ${faulty} of them stall; round trips of ${roundTrips}, up to ${jitter} ms of jitter in ` +
    `each direction, ${loss} % of packets lost; ${timeout / 1000} s a probe at most`
  )
}

function cellsOf(count: number, run: WorldRun): string[] {
  const { refreshMs, cpuMsPerProbe, peakMemoryBytes, outcomes } = run
  return [
    String(count),
    seconds(refreshMs),
    `${fixed(cpuMsPerProbe, 2)} ms`,
    megabytes(peakMemoryBytes),
    ...pageCells([run]),
    outcomeList(outcomes),
  ]
}

function pageCells(runs: readonly PageTimes[]): string[] {
  const { idle, duringRefresh, besideHierarchy } = summaryOf(runs)
  return [
    milliseconds(idle.p99Ms),
    `${milliseconds(duringRefresh.p99Ms)}, ${fixed(duringRefresh.p99Ms / idle.p99Ms, 2)} times idle`,
    `${milliseconds(besideHierarchy.p99Ms)}, ${fixed(besideHierarchy.p99Ms / duringRefresh.p99Ms, 2)} times that`,
  ]
}
