import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { CloseStack } from '../../src/base/close.ts'
import { TemporaryPostgres } from '../support/temporary-postgres.ts'
import { type FollowedRefresh, SoakClients } from './soak/soak-clients.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { setUpGateway } from './support/gateway-over-fleet.ts'
import { countOption, devicesOption, timeoutOption } from './support/options.ts'
import { fileDescriptorsOf, usageNotes, usageOf } from './support/process-usage.ts'
import { endOfRefresh, type RefreshState, startRefresh } from './support/refreshes.ts'
import { fixed, megabytes, outcomeList, printReport, seconds } from './support/report.ts'
import { median, slope } from './support/statistics.ts'

// A gateway that does one cycle after the other for a long time, while clients query and subscribe: whether anything
// goes wrong, and whether memory or file descriptors grow. Exits with 1 where a cycle is incomplete, a client got an
// error, or file descriptors grow.

const STORES = ['sqlite', 'postgres'] as const
type StoreName = (typeof STORES)[number]

interface SoakOptions {
  store: StoreName | 'both'
  cycles: number
  devices: number
  subscribers: number
  queries: number
  timeout: number
}

const command = new Command('bench:soak')
  .description('Many cycles while clients query and subscribe: errors, memory and file descriptors.')
  .addOption(new Option('--store <name>', 'which database').choices([...STORES, 'both']).default('both'))
  .addOption(countOption('--cycles <n>', 'how many cycles', 24))
  .addOption(devicesOption(2_000))
  .addOption(countOption('--subscribers <n>', 'how many follow each cycle', 20))
  .addOption(countOption('--queries <n>', 'queries a second', 20))
  .addOption(timeoutOption())

const FAULTY_SHARE = 0.05
/** How long the gateway rests after a cycle before memory and file descriptors are read. */
const REST_MS = 2_000
/** Connections of clients come and go by these few. */
const TOLERATED_FILE_DESCRIPTORS = 10

interface Cycle {
  refresh: RefreshState
  /** Whether each subscriber got each result once, in order. */
  followedByAll: boolean
  memoryBytes: number | null
  fileDescriptors: number | null
}

interface Soak {
  store: StoreName
  cycles: Cycle[]
  complete: number
  missed: number
  errors: string[]
  errorCount: number
  queries: number
  lastingEvents: number
  memoryBytesPerCycle: number
  fileDescriptorGrowth: number
}

await runBenchmark<SoakOptions>(command, async ({ store, ...options }, stack) => {
  const soaks: Soak[] = []
  for (const name of store === 'both' ? STORES : [store]) {
    const own = new CloseStack()
    stack.defer(() => own.close())
    soaks.push(await soak(name, options, own))
    await own.close()
  }
  printReport({
    benchmark: command.name(),
    title:
      `${options.cycles} cycles of ${options.devices} devices, ${faultyOf(options)} of them stall; ` +
      `${options.subscribers} subscribers of each cycle, ${options.queries} queries a second`,
    tables: [
      ...soaks.map(({ store, cycles }) => ({
        columns: [store, 'state', 'wall', 'memory at rest', 'file descriptors', 'delivered', 'outcomes'],
        rows: cycles.map(({ refresh, followedByAll, memoryBytes, fileDescriptors }, index) => [
          String(index + 1),
          refresh.state,
          seconds(refresh.wallMs),
          megabytes(memoryBytes),
          fixed(fileDescriptors, 0),
          followedByAll ? 'all, once' : 'NOT ALL',
          outcomeList(refresh.outcomes),
        ]),
      })),
      {
        columns: [
          '',
          'complete',
          'missed',
          'errors',
          'queries',
          'lasting events',
          'memory/cycle',
          'file descriptors',
        ],
        rows: soaks.map((each) => [
          each.store,
          `${each.complete} of ${each.cycles.length}`,
          String(each.missed),
          String(each.errorCount),
          String(each.queries),
          String(each.lastingEvents),
          `${fixed(each.memoryBytesPerCycle / 1e6, 2)} MB`,
          `${each.fileDescriptorGrowth < 0 ? '' : '+'}${fixed(each.fileDescriptorGrowth, 0)}`,
        ]),
      },
    ],
    notes: [
      `Memory and file descriptors are those of the gateway, ${REST_MS / 1000} s after each cycle; clients go on meanwhile.`,
      'Missed are probes of healthy devices that did not end in SUPPORTED.',
      'Memory/cycle is the slope over the second half of the cycles; file descriptors are the median of the last third less that of the third before.',
      ...soaks.flatMap(({ store, errors }) => errors.map((error) => `${store}: ${error}`)),
      ...usageNotes(),
    ],
    data: { options: { store, ...options }, soaks },
  })
  if (soaks.some(hasFailed)) process.exitCode = 1
})

async function soak(
  store: StoreName,
  { cycles, devices, subscribers, queries, timeout }: Omit<SoakOptions, 'store'>,
  stack: CloseStack,
): Promise<Soak> {
  const faulty = faultyOf({ devices })
  const server = store === 'postgres' ? await TemporaryPostgres.start() : null
  if (server) stack.defer(() => server[Symbol.asyncDispose]())
  const database = server === null ? {} : { database: server.url() }
  const setup = await setUpGateway(stack, { devices, faulty, timeoutMs: timeout, ...database })
  const gateway = setup.start()
  const url = await gateway.url
  // The first cycle brings the devices, and is the last one without clients.
  await endOfRefresh(url, await startRefresh(url))
  const clients = stack.own(new SoakClients(url, { perSecond: queries }))
  const done: Cycle[] = []
  for (let count = 1; count <= cycles; count += 1) {
    const id = await startRefresh(url)
    const [refresh, followed] = await Promise.all([endOfRefresh(url, id), clients.follow(id, subscribers)])
    await sleep(REST_MS)
    const cycle = {
      refresh,
      followedByAll: followed.every((each) => gotAll(each, refresh)),
      memoryBytes: usageOf(gateway.pid)?.memoryBytes ?? null,
      fileDescriptors: fileDescriptorsOf(gateway.pid),
    }
    tell(`${store}: cycle ${count} of ${cycles}: ${refresh.state} in ${seconds(refresh.wallMs)}`)
    done.push(cycle)
  }
  await clients.close()
  const { errors, errorCount, queries: sent, lastingEvents } = clients
  return {
    store,
    cycles: done,
    complete: done.filter((cycle) => isComplete(cycle, devices)).length,
    missed: done.reduce((sum, cycle) => sum + missedIn(cycle, devices), 0),
    errors,
    errorCount,
    queries: sent,
    lastingEvents,
    memoryBytesPerCycle: slope(figures(done, ({ memoryBytes }) => memoryBytes).slice(Math.floor(cycles / 2))),
    fileDescriptorGrowth: growth(figures(done, ({ fileDescriptors }) => fileDescriptors)),
  }
}

function faultyOf({ devices }: { devices: number }): number {
  return Math.round(devices * FAULTY_SHARE)
}

function gotAll({ received, repeated, gaps }: FollowedRefresh, { total }: RefreshState): boolean {
  return received === total && repeated === 0 && gaps === 0
}

/** Each device has a result, and each subscriber got it once. */
function isComplete({ refresh: { state, total, done }, followedByAll }: Cycle, devices: number): boolean {
  return state === 'COMPLETED' && total === devices && done === devices && followedByAll
}

/** Healthy devices that did not end in SUPPORTED, as on a machine with too much to do. */
function missedIn({ refresh: { outcomes } }: Cycle, devices: number): number {
  return Math.max(0, devices - faultyOf({ devices }) - (outcomes.SUPPORTED ?? 0))
}

function figures(cycles: readonly Cycle[], of: (cycle: Cycle) => number | null): number[] {
  return cycles.map(of).filter((figure) => figure !== null)
}

/** The median of the last third less that of the third before; NaN where there are too few. */
function growth(values: readonly number[]): number {
  const third = Math.floor(values.length / 3)
  return median(values.slice(-third)) - median(values.slice(-2 * third, -third))
}

function hasFailed({ cycles, complete, errorCount, fileDescriptorGrowth }: Soak): boolean {
  return complete < cycles.length || errorCount > 0 || fileDescriptorGrowth > TOLERATED_FILE_DESCRIPTORS
}
