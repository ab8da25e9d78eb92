import { setTimeout as sleep } from 'node:timers/promises'
import { rowId } from '../../../src/base/global-id.ts'
import { tell } from '../support/benchmark.ts'
import { type DatabaseState, databaseState } from '../support/database-copy.ts'
import type { GatewaySetup } from '../support/gateway-over-fleet.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { checkResults, type ResultCheck } from '../support/refresh-results.ts'
import { endOfRefresh, type RefreshState, startRefresh, stateOfRefresh } from '../support/refreshes.ts'
import { seconds } from '../support/report.ts'

/** Soon enough that few kills come after the end. */
const ASK_EVERY_MS = 50

interface Kill extends DatabaseState {
  /** Since the refresh was asked for; of one that is resumed, since the gateway was started again. */
  afterMs: number
}

export interface KilledRefresh {
  id: string
  /** 1 or 2: more would all hit the end, where it waits for the devices that answer late. */
  killsMeant: number
  kills: Kill[]
  /** What became of it. */
  end?: ResultCheck & Pick<RefreshState, 'state'>
}

export interface RefreshKills {
  /** How long a refresh that is left alone takes for 98 % of its results. */
  busyMs: number
  /** Those that were killed. */
  killed: KilledRefresh[]
  /** How many of them completed with exactly one result for each target. */
  exact: number
  /** Of the database at the end. */
  integrity: string
}

/**
 * Kills a gateway at random moments of its refreshes, until each has completed. Every other refresh or so is killed again when it is
 * resumed, or while its gateway still starts.
 */
export async function killRefreshes(
  setup: GatewaySetup,
  { kills, random }: { kills: number; random: (below: number) => number },
): Promise<RefreshKills> {
  const begun = performance.now()
  let gateway: GatewayProcess | null = setup.start()
  const url = await gateway.url
  const startMs = Math.ceil(performance.now() - begun)
  tell('a refresh that is left alone')
  const busyMs = await busyTime(url)
  const refreshes: KilledRefresh[] = []
  let current: KilledRefresh | null = null
  for (let left = kills; left > 0 || current !== null; ) {
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
      tell(`kill ${kills - left} of ${kills}: ${state.results} results were there`)
    }
  }
  await gateway?.close()
  const last = await databaseState(setup.database, rowId('Refresh', refreshes.at(-1)?.id ?? ''))
  const killed = refreshes.filter(({ kills }) => kills.length > 0)
  const exact = killed.filter(({ end }) => end?.state === 'COMPLETED' && end.repeated + end.missing === 0)
  return { busyMs, killed, exact: exact.length, integrity: last.integrity }
}

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

/** A row for each kill of a refresh. */
export function cellsOf(name: string, { kills, end }: KilledRefresh): string[][] {
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
