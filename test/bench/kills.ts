import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { rowId } from '../../src/api/global-id.ts'
import { randomFrom } from '../fuzz/mutate.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { type DatabaseState, databaseState } from './support/database-copy.ts'
import { setUpGateway } from './support/gateway-over-fleet.ts'
import type { GatewayProcess } from './support/gateway-process.ts'
import { countOption, devicesOption, faultyOption, timeoutOption } from './support/options.ts'
import { checkResults, type ResultCheck } from './support/refresh-results.ts'
import { endOfRefresh, type RefreshState, startRefresh, stateOfRefresh } from './support/refreshes.ts'
import { printReport, seconds } from './support/report.ts'

// kill -9 of a gateway at random moments of its refreshes, until each has completed: whether one result is there for each
// target, and one only. Every other refresh or so is killed again when it is resumed, or while its gateway still starts.

interface KillOptions {
  kills: number
  devices: number
  faulty: number
  timeout: number
  seed: number
}

const command = new Command('bench:kills')
  .description('Kills a gateway at random moments of its refreshes and counts the results at their ends.')
  .addOption(countOption('--kills <n>', 'how many times', 20))
  .addOption(devicesOption(1_000))
  .addOption(faultyOption(0))
  .addOption(timeoutOption())
  .addOption(countOption('--seed <n>', 'the same seed chooses the same moments', 1))

/** Soon enough that few kills come after the end. */
const ASK_EVERY_MS = 50

interface Kill extends DatabaseState {
  /** Since the refresh was asked for; of one that is resumed, since the gateway was started again. */
  afterMs: number
}

interface KilledRefresh {
  id: string
  /** 1 or 2: more would all hit the end, where it waits for the devices that answer late. */
  killsMeant: number
  kills: Kill[]
  /** What became of it. */
  end?: ResultCheck & Pick<RefreshState, 'state'>
}

await runBenchmark<KillOptions>(command, async ({ timeout, ...options }, stack) => {
  const setup = await setUpGateway(stack, { ...options, timeoutMs: timeout })
  const random = randomFrom(options.seed)
  const begun = performance.now()
  let gateway: GatewayProcess | null = setup.start()
  const url = await gateway.url
  const startMs = Math.ceil(performance.now() - begun)
  tell('a refresh that is left alone')
  const busyMs = await busyTime(url)
  const refreshes: KilledRefresh[] = []
  let current: KilledRefresh | null = null
  for (let left = options.kills; left > 0 || current !== null; ) {
    gateway ??= setup.start()
    let afterMs = random(startMs + busyMs)
    if (current === null) {
      current = { id: await startRefresh(await gateway.url), killsMeant: 1 + random(2), kills: [] }
      refreshes.push(current)
      afterMs = random(busyMs)
    }
    const isLeftAlone = left === 0 || current.kills.length === current.killsMeant
    const ended: RefreshState | null = await endWithin(gateway, current.id, isLeftAlone ? null : afterMs)
    if (ended !== null) {
      current.end = { state: ended.state, ...(await checkResults(await gateway.url, current.id)) }
      current = null
    } else {
      await gateway.kill()
      gateway = null
      left -= 1
      const state = await databaseState(setup.database, rowId('Refresh', current.id))
      current.kills.push({ afterMs, ...state })
      tell(`kill ${options.kills - left} of ${options.kills}: ${state.results} results were there`)
    }
  }
  await gateway?.close()
  const last = await databaseState(setup.database, rowId('Refresh', refreshes.at(-1)?.id ?? ''))
  const killed = refreshes.filter(({ kills }) => kills.length > 0)
  const exact = killed.filter(({ end }) => end?.state === 'COMPLETED' && end.repeated + end.missing === 0)
  printReport({
    benchmark: command.name(),
    title: `${options.kills} kills with seed ${options.seed}; ${options.devices} devices, ${options.faulty} of them stall; a refresh that is left alone has 98 % of its results after ${seconds(busyMs)}`,
    tables: [
      {
        columns: [
          'refresh',
          'killed after',
          'results then',
          'integrity',
          'ended as',
          'targets',
          'results',
          'repeated',
          'missing',
        ],
        rows: killed.flatMap((refresh, index) => cellsOf(String(index + 1), refresh)),
      },
    ],
    notes: [
      `${exact.length} of ${killed.length} refreshes completed with exactly one result for each target; the database at the end: ${last.integrity}.`,
      'The first kill of a refresh is counted from the request for it, each further one from the start of the process that resumes it.',
    ],
    data: {
      options: { ...options, timeout },
      busyMs,
      refreshes: killed,
      exact: exact.length,
      integrity: last.integrity,
    },
  })
})

/** How long a refresh is busy: the rest of its time it waits for the few devices that answer late or not at all. */
async function busyTime(url: string): Promise<number> {
  const id = await startRefresh(url)
  let refresh = await stateOfRefresh(url, id)
  for (
    ;
    refresh.total === 0 || refresh.done < 0.98 * refresh.total;
    refresh = await stateOfRefresh(url, id)
  ) {
    await sleep(ASK_EVERY_MS)
  }
  const { wallMs } = refresh
  await endOfRefresh(url, id)
  return Math.ceil(wallMs)
}

/** How the refresh ended, or null where it has not by then; without a time, waits for its end. */
async function endWithin(
  gateway: GatewayProcess,
  id: string,
  durationMs: number | null,
): Promise<RefreshState | null> {
  const end = gateway.url.then((url) => endOfRefresh(url, id, ASK_EVERY_MS))
  // A gateway that is killed answers no more.
  end.catch(() => undefined)
  return durationMs === null ? end : Promise.race([end, sleep(durationMs, null)])
}

function cellsOf(name: string, { kills, end }: KilledRefresh): string[][] {
  return kills.map((kill, index) => [
    index === 0 ? name : '',
    seconds(kill.afterMs),
    String(kill.results),
    kill.integrity,
    ...(index === kills.length - 1 && end !== undefined
      ? [end.state, ...[end.targets, end.results, end.repeated, end.missing].map(String)]
      : []),
  ])
}
