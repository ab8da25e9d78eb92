import { Command } from 'commander'
import { TemporaryPostgres } from '../support/temporary-postgres.ts'
import { type FleetRefresh, setUpFleet } from './queue/fleet-refresh.ts'
import { measureRoundTrips } from './queue/round-trips.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { countOption, devicesOption } from './support/options.ts'
import { usageNotes } from './support/process-usage.ts'
import { fixed, outcomeList, printReport, seconds } from './support/report.ts'
import { median, medianOf } from './support/statistics.ts'

// The queue between engine and probers: what it takes by itself, and what probing through it costs.

interface QueueOptions {
  devices: number
  tasks: number
  refreshes: number
}

const command = new Command('bench:queue')
  .description('Throughput of the queue of probes, and a refresh with probers against one by serve alone.')
  .addOption(devicesOption(14_000))
  .addOption(countOption('--tasks <n>', 'how many tasks whose probes return at once', 30_000))
  .addOption(countOption('--refreshes <n>', 'how many refreshes with each number of probers', 2))

/** Probers in processes of their own; 0: serve probes itself. */
const PROBERS = [0, 1, 2]
const IN_FLIGHT = [200, 1_000]

await runBenchmark<QueueOptions>(command, async ({ devices, tasks, refreshes }, stack) => {
  const server = await TemporaryPostgres.start()
  stack.defer(() => server[Symbol.asyncDispose]())

  const roundTrips = []
  for (const inFlight of IN_FLIGHT) {
    await server.query(`create database round_trips_${inFlight}`)
    const url = server.url(`round_trips_${inFlight}`)
    const run = await measureRoundTrips(stack, { url, server }, { probers: 1, tasks, inFlight })
    tell(`${inFlight} in flight: ${fixed(run.perSecond, 0)} tasks a second`)
    roundTrips.push(run)
  }

  const fleet = await setUpFleet(stack, server, { devices })
  const runs: FleetRefresh[] = []
  for (const probers of PROBERS) {
    for (const run of await fleet.refresh(probers, refreshes)) {
      tell(`${probers} probers: ${seconds(run.wallMs)}, ${outcomeList(run.outcomes)}`)
      runs.push(run)
    }
  }
  const alone = runs.filter(({ probers }) => probers === 0)

  printReport({
    benchmark: command.name(),
    title: `The queue of probes: ${tasks} tasks whose probes return at once, and ${devices} simulated devices`,
    tables: [
      {
        columns: ['in flight', 'tasks', 'wall', 'tasks/s', 'CPU/task engine', 'prober', 'PostgreSQL'],
        rows: roundTrips.map(({ inFlight, wallMs, perSecond, cpuMs }) => [
          String(inFlight),
          String(tasks),
          seconds(wallMs),
          fixed(perSecond, 0),
          `${fixed(cpuMs.engine, 3)} ms`,
          `${fixed(cpuMs.probers, 3)} ms`,
          `${fixed(cpuMs.postgres, 3)} ms`,
        ]),
      },
      {
        columns: [
          'probers',
          'wall',
          'to serve',
          'CPU/probe',
          'to serve',
          'of it gateway',
          'PostgreSQL/probe',
          'outcomes',
        ],
        rows: PROBERS.map((probers) => {
          const these = runs.filter((run) => run.probers === probers)
          const cpu = medianOf(these, cpuPerProbe)
          return [
            probers === 0 ? 'serve alone' : String(probers),
            seconds(median(these.map(({ wallMs }) => wallMs))),
            fixed(median(these.map(({ wallMs }) => wallMs)) / median(alone.map(({ wallMs }) => wallMs)), 2),
            `${fixed(cpu, 2)} ms`,
            fixed((cpu ?? Number.NaN) / (medianOf(alone, cpuPerProbe) ?? Number.NaN), 2),
            `${fixed(
              medianOf(these, (run) => perProbe(run.gatewayCpuMs, run)),
              2,
            )} ms`,
            `${fixed(
              medianOf(these, (run) => perProbe(run.postgresCpuMs, run)),
              2,
            )} ms`,
            outcomeList(these[0]?.outcomes ?? {}),
          ]
        }),
      },
    ],
    notes: [
      'Engine, prober, PostgreSQL and the simulated devices share this machine. All gateways use PostgreSQL.',
      'CPU is that of the gateway and the probers, all their threads.',
      ...usageNotes(),
    ],
    data: { options: { devices, tasks, refreshes }, roundTrips, runs },
  })
})

function perProbe(cpuMs: number | null, { total }: FleetRefresh): number | null {
  return cpuMs === null ? null : cpuMs / total
}

function cpuPerProbe(run: FleetRefresh): number | null {
  return perProbe(run.cpuMs, run)
}
