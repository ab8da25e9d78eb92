import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { silentLogger } from '../../src/base/log.ts'
import { duration } from '../../src/cli/options.ts'
import { openStore } from '../../src/store/store.ts'
import { newToken } from '../support/tokens.ts'
import { FLOODS, type Flood, PERSISTED_OPERATIONS } from './fairness/floods.ts'
import { type Observed, observe } from './fairness/observer.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import type { FloodJob, FloodResult } from './support/flood-messages.ts'
import { writeDatabase } from './support/gateway-over-database.ts'
import { countOption } from './support/options.ts'
import { usageNotes, usageOf } from './support/process-usage.ts'
import { fixed, megabytes, milliseconds, printReport, seconds, type Table } from './support/report.ts'
import type { InventorySize } from './support/written-inventory.ts'

// Whether a caller who asks for all at once leaves something for the others: floods, and how `/healthz` and another caller's
// pages of 50 are answered meanwhile.

interface FairnessOptions {
  devices: number
  sites: number
  countries: number
  floods: Flood[]
  limit: number
}

interface Measured {
  flood: string
  observed: Observed
  result: FloodResult | null
}

/** Before each flood, so that nothing of the last one is still under way. */
const PAUSE_MS = 1_000
const WARM_UP_MS = 2_000
/** Without a flood. */
const IDLE_MS = 3_000

const command = new Command('bench:fairness')
  .description('How others are answered while one caller floods the API.')
  .addOption(countOption('--devices <n>', 'how many devices', 14_000))
  .addOption(countOption('--sites <n>', 'how many sites the devices are at', 1_400))
  .addOption(countOption('--countries <n>', 'how many countries the sites are in', 100))
  .addOption(
    new Option(
      '--floods <list>',
      `which floods, by their numbers: ${FLOODS.map(({ name }, index) => `${index + 1} ${name}`).join('; ')}`,
    )
      .argParser(floods)
      .default(FLOODS, 'all'),
  )
  .option('--limit <duration>', 'when the rest of a flood is given up', duration, 30_000)

await runBenchmark<FairnessOptions>(command, async (options, stack) => {
  const { devices, sites, countries } = options
  const size: InventorySize = { devices, sites, countries }
  tell(`writing ${size.devices} devices`)
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'persisted-documents.json')
  await writeFile(file, JSON.stringify(PERSISTED_OPERATIONS))
  const database = await writeDatabase(stack, size, undefined, {
    auth: { mode: 'tokens' },
    persistedOperations: { file },
  })
  const store = await openStore({ database: database.path, log: silentLogger })
  const tokens = {
    flood: await newToken(store, 'flood', 'ADMIN'),
    other: await newToken(store, 'other', 'VIEWER'),
  }
  await store.close()
  const gateway = database.start()
  const { origin } = new URL(await gateway.url)
  const program = fork(new URL('./clients/flood.ts', import.meta.url), { serialization: 'advanced' })
  stack.defer(() => program.kill())
  const idle = fork(new URL('./clients/idle-server.ts', import.meta.url))
  stack.defer(() => idle.kill())
  const [idleServer] = (await once(idle, 'message')) as [string]
  const servers = { origin, token: tokens.other, idleServer }
  // What is asked for the first time is compiled.
  await observe(servers, () => sleep(WARM_UP_MS))
  tell('no flood')
  const measured: Measured[] = [
    { flood: 'none', observed: await observe(servers, () => sleep(IDLE_MS)), result: null },
  ]
  for (const { name, load } of options.floods) {
    await sleep(PAUSE_MS)
    tell(name)
    let result: FloodResult | null = null
    const observed = await observe(servers, async () => {
      result = await run(program, { ...load, origin, token: tokens.flood, limitMs: options.limit })
    })
    measured.push({ flood: name, observed, result })
  }
  const usage = usageOf(gateway.pid)
  printReport({
    benchmark: command.name(),
    title: `${size.devices} devices; one caller floods the API, another one asks for pages of 50.`,
    tables: [table(measured)],
    notes: [
      'Silence: the longest that /healthz took to answer; idle server: the same of one that does nothing else, so what the machine adds. Pages are asked for one after the other, 20 ms after the last answer.',
      `The gateway used ${megabytes(usage?.peakMemoryBytes ?? null)} of memory at most.`,
      ...usageNotes(),
    ],
    data: {
      options: { ...size, limit: options.limit },
      floods: measured,
      peakMemoryBytes: usage?.peakMemoryBytes ?? null,
    },
  })
})

async function run(program: ChildProcess, job: FloodJob): Promise<FloodResult> {
  program.send(job)
  const [result] = await once(program, 'message')
  return result as FloodResult
}

function table(measured: readonly Measured[]): Table {
  return {
    columns: [
      'flood',
      'silence',
      'idle server',
      'page p50',
      'p99',
      'max',
      'pages',
      'answers',
      'RATE_LIMITED',
      'other',
      'took',
    ],
    rows: measured.map(({ flood, observed, result }) => [
      flood,
      milliseconds(observed.longestSilenceMs),
      milliseconds(observed.idleSilenceMs),
      milliseconds(observed.pageP50Ms),
      milliseconds(observed.pageP99Ms),
      milliseconds(observed.pageMaxMs),
      fixed(observed.pages, 0),
      fixed(result?.answers, 0),
      fixed(result?.rateLimited, 0),
      others(result),
      seconds(result?.wallMs ?? null),
    ]),
  }
}

function others(result: FloodResult | null): string {
  if (result === null) return '-'
  const errors = Object.entries(result.otherErrors).map(([error, count]) => `${count} ${error}`)
  if (result.unanswered > 0) errors.push(`${result.unanswered} unanswered`)
  return errors.join(', ') || '0'
}

function floods(text: string): Flood[] {
  return text.split(',').map((number) => {
    const flood = FLOODS[Number(number) - 1]
    if (flood) return flood
    throw new InvalidArgumentError(`The floods are 1 to ${FLOODS.length}, with commas between them.`)
  })
}
