import { Command } from 'commander'
import { startCluster } from '../cluster/cluster.ts'
import { isRunning, processesIn } from '../cluster/left-behind.ts'
import { randomFrom } from '../fuzz/mutate.ts'
import { type ChaosRound, type Disruption, isExact, runChaosRound } from './chaos/chaos-round.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { countOption, devicesOption } from './support/options.ts'
import { outcomeList, printReport, seconds } from './support/report.ts'
import { median } from './support/statistics.ts'

// A whole cluster, of which a prober, the working engine, an API process and PostgreSQL end in the middle of each refresh: whether
// every device has one result, and every subscriber gets each once.

interface ChaosOptions {
  rounds: number
  devices: number
  seed: number
}

const command = new Command('bench:chaos')
  .description('Ends parts of a cluster in the middle of refreshes, and counts what is lost or doubled then.')
  .addOption(countOption('--rounds <n>', 'how many refreshes', 20))
  .addOption(devicesOption(3_000))
  .addOption(countOption('--seed <n>', 'the same seed chooses the same moments', 1))

/** A line of the log about an exception that is not meant for a person. That the database is away is no bug. */
const BUG = /"level":[56]0.*"err":\{"type":"(?!RollcallError)/

await runBenchmark<ChaosOptions>(command, async ({ rounds, devices, seed }, stack) => {
  const random = randomFrom(seed)
  const problems: string[] = []
  const note = (problem: string) => {
    problems.push(problem)
    tell(`  ${problem}`)
  }
  const cluster = stack.own(
    await startCluster({
      devices,
      faulty: 0,
      port: 0,
      config: { log: { level: 'warn' } },
      onLine: (name, line) => {
        if (BUG.test(line)) note(`bug in the ${name}: ${line}`)
      },
      onLost: (name, how) => note(`the ${name} ${how}`),
    }),
  )
  const done: ChaosRound[] = []
  for (let round = 1; round <= rounds; round += 1) {
    tell(`round ${round} of ${rounds}`)
    const onEnded = ({ name, afterMs, atResults }: Disruption) =>
      tell(`  ${name} ended after ${seconds(afterMs)} and ${atResults} results`)
    done.push(await runChaosRound(cluster, { devices, random, onEnded }))
  }
  const { folder, fleet } = cluster
  await cluster.close()
  const left = [...processesIn(folder), ...[fleet.pid].filter(isRunning)]
  const exact = done.filter((round) => isExact(round, devices)).length
  const gaps = done.flatMap(({ engineGapMs }) => engineGapMs ?? [])
  printReport({
    benchmark: command.name(),
    title: `${rounds} refreshes of ${devices} devices with seed ${seed}; in each, a prober, the working engine, an API process and PostgreSQL ended at random moments`,
    tables: [
      {
        columns: [
          'round',
          'wall',
          'ended as',
          'results',
          'repeated',
          'missing',
          'subscribers',
          'cuts',
          'engine',
        ],
        rows: done.map((round, index) => [
          String(index + 1),
          seconds(round.wallMs),
          round.state,
          ...[round.results, round.repeated, round.missing].map(String),
          round.subscribers
            .map(({ received, repeated, missing }) => [received, repeated, missing].join('/'))
            .join(' '),
          round.subscribers.map(({ cuts }) => cuts).join(' '),
          seconds(round.engineGapMs),
        ]),
      },
      {
        columns: ['round', 'outcomes', 'ended, with the results until then'],
        rows: done.map(({ outcomes, disruptions }, index) => [
          String(index + 1),
          outcomeList(outcomes),
          disruptions.map(({ name, atResults }) => `${name} ${atResults}`).join(', '),
        ]),
      },
    ],
    notes: [
      `${exact} of ${rounds} refreshes completed with one result for each device, and each subscriber got each result once.`,
      `From the death of an engine to the next start of a probe: ${seconds(median(gaps))} (median), ${seconds(Math.max(...gaps))} (longest).`,
      problems.length === 0
        ? 'No other process ended, and none logged a bug.'
        : `OTHER PROCESSES ENDED, OR LOGGED BUGS: ${problems.length}, see above.`,
      left.length === 0 ? 'No process is left.' : `PROCESSES ARE LEFT: ${left.join(', ')}.`,
      'Subscribers: results received, repeated and missing, of each. Cuts: how often each had to connect again.',
      'Engine: from its death to the next start of a probe whose result counts.',
    ],
    data: { options: { rounds, devices, seed }, rounds: done, exact, gaps, problems, left },
  })
})
