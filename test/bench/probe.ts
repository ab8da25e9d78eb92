import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import type { CloseStack } from '../../src/base/close.ts'
import { checkFaulty, MAX_DEVICES, wholeNumber } from '../../src/cli/options.ts'
import type { FleetOptions } from '../../src/simulator/fleet.ts'
import { spawnFleet } from '../../src/simulator/spawn-fleet.ts'
import { defaultConfig } from '../support/default-config.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { type Client, type ClientJob, type ClientResult, runClient } from './support/client-process.ts'
import {
  BARE_SSH2,
  COMPILED_CLIENTS,
  compiledClient,
  PYTHON_CLIENTS,
  pythonClient,
  ROLLCALL,
} from './support/clients.ts'
import {
  type Concurrency,
  concurrencyOption,
  countOption,
  devicesOption,
  faultyOption,
  timeoutOption,
} from './support/options.ts'
import {
  fixed,
  megabytes,
  milliseconds,
  outcomeList,
  printReport,
  seconds,
  type Table,
} from './support/report.ts'
import { medianOf } from './support/statistics.ts'

// What a probe costs: the table that people know, one after the other, as threads would, all at once; and the same
// devices probed by what is used today.

interface ProbeOptions {
  devices: number
  faulty: number
  timeout: number
  runs: number
  concurrency: Concurrency[]
  oneByOne: number
  compare?: number
  workers: number
  facts?: true
}

const command = new Command('bench:probe')
  .description('Wall time, CPU, memory and event-loop delay of probing a simulated fleet.')
  .addOption(devicesOption(1_000))
  .addOption(faultyOption(11))
  .addOption(timeoutOption())
  .addOption(countOption('--runs <n>', 'how often each row is measured; what is printed are medians', 1))
  .addOption(concurrencyOption('1,20,200,all'))
  .addOption(
    countOption('--one-by-one <n>', 'the devices that rows with one probe at once are cut down to', 200),
  )
  .option(
    '--compare <n>',
    'devices of the comparison, all healthy; 0: none (default: as many)',
    wholeNumber(0, MAX_DEVICES),
  )
  .addOption(countOption('--workers <n>', 'worker threads', Math.max(1, availableParallelism() - 1)))
  .option('--facts', 'ask for facts too, outside of the comparison')

/** One line of a table, before it is measured. */
interface Row {
  name: string
  client: Client
  concurrency: number
}

interface MeasuredRow {
  client: string
  concurrency: number
  /** Those that were probed: the first ones of the fleet. */
  devices: number
  wallMs: number | null
  cpuMsPerProbe: number | null
  peakMemoryBytes: number | null
  loopDelayP99Ms: number | null
  loopDelayMaxMs: number | null
  /** Run by run. */
  outcomes: Record<string, number>[]
}

await runBenchmark<ProbeOptions>(command, async (options, stack) => {
  const { devices, faulty, runs, concurrency, facts = false } = options
  checkFaulty(faulty, devices)
  // A small fleet makes rows alike.
  const sizes = new Set(concurrency.map((size) => (size === 'all' ? devices : Math.min(size, devices))))
  const asked = [...sizes].map((size) => ({ name: 'rollcall', client: ROLLCALL, concurrency: size }))
  const rows = await measureRows(asked, { devices, faulty }, { ...options, facts }, stack)
  const { compare = devices } = options
  const { others, missing } = compare === 0 ? { others: [], missing: [] } : await comparison(stack)
  const compared =
    compare === 0
      ? []
      : await measureRows(others, { devices: compare, faulty: 0 }, { ...options, facts: false }, stack)
  // At full load: the last of our own rows.
  const own = compared.findLast(({ client }) => client === 'rollcall')?.cpuMsPerProbe ?? null
  const factors = compared.map(({ cpuMsPerProbe }) => ratio(cpuMsPerProbe, own))
  printReport({
    benchmark: command.name(),
    title: `${devices} devices, ${faulty} of them stall; ${options.timeout / 1000} s a probe at most; ${runs === 1 ? 'one run' : `medians of ${runs} runs`}`,
    tables: [tableOf(rows), ...(compared.length === 0 ? [] : [withFactors(tableOf(compared), factors)])],
    notes: notesOn(options, missing),
    data: {
      options,
      rows,
      comparison: compared.map((row, index) => ({ ...row, timesOurs: factors[index] ?? null })),
      notInstalled: missing,
    },
  })
})

/** The same work by each: no facts, the same login; each at the concurrency that its users run it at. */
async function comparison(stack: CloseStack): Promise<{ others: Row[]; missing: string[] }> {
  const full = defaultConfig().throttle.concurrency
  const others: Row[] = [
    { name: 'rollcall', client: ROLLCALL, concurrency: 20 },
    { name: 'rollcall', client: ROLLCALL, concurrency: full },
    { name: 'bare ssh2', client: BARE_SSH2, concurrency: full },
  ]
  const missing: string[] = []
  for (const compiled of COMPILED_CLIENTS) {
    const client = await compiledClient(compiled, stack)
    if (client === null) missing.push(compiled.packages)
    else others.push({ name: compiled.name, client, concurrency: full })
  }
  const ncclient = pythonClient('python3-ncclient')
  const asyncssh = pythonClient('python3-asyncssh')
  if (ncclient !== null)
    others.push(
      { name: 'ncclient', client: ncclient, concurrency: 1 },
      { name: 'ncclient', client: ncclient, concurrency: 20 },
    )
  if (asyncssh !== null) others.push({ name: 'asyncssh', client: asyncssh, concurrency: full })
  const found = { 'python3-ncclient': ncclient, 'python3-asyncssh': asyncssh }
  missing.push(...Object.keys(PYTHON_CLIENTS).filter((name) => found[name as keyof typeof found] === null))
  return { others, missing }
}

async function measureRows(
  rows: readonly Row[],
  fleetOptions: FleetOptions,
  options: Pick<ClientJob, 'workers'> & { timeout: number; runs: number; oneByOne: number; facts: boolean },
  stack: CloseStack,
): Promise<MeasuredRow[]> {
  const fleet = stack.own(await spawnFleet(fleetOptions))
  const { username, password } = fleet.credential
  const everyDevice = fleet.inventory.map(({ address, port }) => ({ host: address, port }))
  const measured: MeasuredRow[] = []
  for (const { name, client, concurrency } of rows) {
    const devices = concurrency === 1 ? everyDevice.slice(0, options.oneByOne) : everyDevice
    const results: ClientResult[] = []
    for (let run = 1; run <= options.runs; run += 1) {
      tell(`${name}, ${concurrency} at once, ${devices.length} devices: run ${run} of ${options.runs}`)
      const job: ClientJob = {
        devices,
        credential: { username, password },
        concurrency: Math.min(concurrency, devices.length),
        timeoutMs: options.timeout,
        readFacts: options.facts,
        workers: options.workers,
      }
      results.push(await runClient(client, job))
    }
    measured.push({
      client: name,
      concurrency,
      devices: devices.length,
      wallMs: medianOf(results, ({ wallMs }) => wallMs),
      cpuMsPerProbe: medianOf(results, ({ cpuMs }) => cpuMs / devices.length),
      peakMemoryBytes: medianOf(results, ({ peakMemoryBytes }) => peakMemoryBytes),
      loopDelayP99Ms: medianOf(results, ({ loopDelay }) => loopDelay?.p99Ms ?? null),
      loopDelayMaxMs: medianOf(results, ({ loopDelay }) => loopDelay?.maxMs ?? null),
      outcomes: results.map(({ outcomes }) => outcomes),
    })
  }
  await fleet.close()
  return measured
}

function tableOf(rows: readonly MeasuredRow[]): Table {
  return {
    columns: [
      'client',
      'at once',
      'devices',
      'wall',
      'CPU/probe',
      'peak memory',
      'loop delay p99',
      'max',
      'outcomes',
    ],
    rows: rows.map((row) => [
      row.client,
      String(row.concurrency),
      String(row.devices),
      seconds(row.wallMs),
      `${fixed(row.cpuMsPerProbe, 2)} ms`,
      megabytes(row.peakMemoryBytes),
      milliseconds(row.loopDelayP99Ms),
      milliseconds(row.loopDelayMaxMs),
      // The runs may differ.
      [...new Set(row.outcomes.map(outcomeList))].join(' | '),
    ]),
  }
}

function withFactors({ columns, rows }: Table, factors: readonly (number | null)[]): Table {
  return {
    columns: [...columns, 'CPU, times ours'],
    rows: rows.map((cells, index) => [...cells, fixed(factors[index], 2)]),
  }
}

function ratio(value: number | null, base: number | null): number | null {
  return value === null || base === null ? null : value / base
}

function notesOn(
  { oneByOne, concurrency, devices, timeout }: ProbeOptions,
  missing: readonly string[],
): string[] {
  return [
    'CPU is user and system time of the client alone, all its threads, from when it is loaded; the devices run in a process of their own.',
    ...(devices > oneByOne
      ? [`Where there is 1 at once only the first ${oneByOne} devices were probed; nothing is scaled up.`]
      : []),
    ...(concurrency.includes('all')
      ? [
          `All at once, each has ${timeout / 1000} s from the same moment on, and a thread that is at connecting for 5 s counts as stalled: a large fleet does not fit into that on few cores.`,
        ]
      : []),
    'ncclient waits a minute for a hello, whatever one asks of it, so the comparison has no devices that stall.',
    ...missing.map((name) => `${name} is not installed, so it is not in the comparison.`),
  ]
}
