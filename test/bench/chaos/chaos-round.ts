import { setTimeout as sleep } from 'node:timers/promises'
import { rowId } from '../../../src/base/global-id.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { ClusterProcess } from '../../cluster/cluster-process.ts'
import { ResultFollower } from '../../cluster/result-follower.ts'
import { startRefresh } from '../support/refreshes.ts'

/** What is ended in each round. */
const VICTIMS = ['prober', 'engine', 'API', 'PostgreSQL'] as const
type Victim = (typeof VICTIMS)[number]

/** The shares of results between which all of them are ended. */
const FROM = 0.05
const TO = 0.85
/** A process is started again after at most this time, as by a service manager, and as often if it does not start. */
const MAX_PAUSE_MS = 3_000
const MAX_STARTS = 40
const RETRY_AFTER_MS = 500
const LOOK_EVERY_MS = 20
const MAX_ROUND_MS = 240_000

export interface Disruption {
  victim: Victim
  /** The name of the process. */
  name: string
  /** How many results a subscriber had. */
  atResults: number
  /** From the request for the refresh. */
  afterMs: number
}

/** What one subscriber has got. */
interface Followed {
  received: number
  repeated: number
  missing: number
  cuts: number
}

export interface ChaosRound {
  disruptions: Disruption[]
  /** From the request to the end. */
  wallMs: number
  state: string
  targets: number
  results: number
  /** Results of devices that have another one. */
  repeated: number
  /** Targets without a result. */
  missing: number
  outcomes: Record<string, number>
  subscribers: Followed[]
  /** From the death of the engine to the next start of a probe whose result counts. */
  engineGapMs: number | null
}

/**
 * Runs a refresh of all devices, with a subscriber at each API process. While it runs, ends a prober, the working
 * engine, an API process and PostgreSQL, each at a random moment, and starts them again.
 */
export async function runChaosRound(
  cluster: Cluster,
  {
    devices,
    random,
    onEnded = () => undefined,
  }: {
    devices: number
    random: (below: number) => number
    onEnded?: (disruption: Disruption) => void
  },
): Promise<ChaosRound> {
  const timeLimit = AbortSignal.timeout(MAX_ROUND_MS)
  const [one, other] = cluster.apis
  const urls = [`${one.url}/graphql`, `${other.url}/graphql`] as const
  const begun = performance.now()
  const refreshId = await startRefresh(urls[random(2)] ?? urls[0])
  const followers = ([0, 1] as const).map((first) => new ResultFollower({ urls, first, refreshId }))
  const following = Promise.all(followers.map((follower) => follower.follow(timeLimit)))
  // It is awaited below, unless what comes before it fails.
  following.catch(() => undefined)
  const plan = planOf(devices, random)
  const restarts: Promise<void>[] = []
  const disruptions: Disruption[] = []
  let engineDiedAt: number | null = null
  for (const { victim, atResults } of plan) {
    await until(() => Math.max(...followers.map((each) => each.devices)) >= atResults, timeLimit)
    const { name, again } = await disrupt(cluster, victim, { random, signal: timeLimit })
    if (victim === 'engine') engineDiedAt = Date.now()
    restarts.push(again)
    // A rejection is for the one who awaits all.
    again.catch(() => undefined)
    const at = Math.max(...followers.map((each) => each.devices))
    const disruption = { victim, name, atResults: at, afterMs: performance.now() - begun }
    onEnded(disruption)
    disruptions.push(disruption)
  }
  await Promise.all(restarts)
  await following
  const wallMs = performance.now() - begun
  const counted = await resultsOf(cluster, rowId('Refresh', refreshId), engineDiedAt)
  return {
    disruptions,
    wallMs,
    ...counted,
    subscribers: followers.map(({ received, devices: seen, cuts }) => ({
      received,
      repeated: received - seen,
      missing: counted.targets - seen,
      cuts,
    })),
  }
}

/** Whether the round is as it must be: one result for each device, for each subscriber as well. */
export function isExact(
  { state, targets, repeated, missing, subscribers }: ChaosRound,
  devices: number,
): boolean {
  const isComplete = state === 'COMPLETED' && targets === devices && repeated === 0 && missing === 0
  return isComplete && subscribers.every((each) => each.repeated === 0 && each.missing === 0)
}

function planOf(devices: number, random: (below: number) => number): { victim: Victim; atResults: number }[] {
  const [from, to] = [Math.ceil(FROM * devices), Math.floor(TO * devices)]
  return VICTIMS.map((victim) => ({ victim, atResults: from + random(to - from) })).sort(
    (first, second) => first.atResults - second.atResults,
  )
}

/** Ends a victim at once. `again` resolves when it runs again. */
async function disrupt(
  cluster: Cluster,
  victim: Victim,
  { random, signal }: { random: (below: number) => number; signal: AbortSignal },
): Promise<{ name: string; again: Promise<void> }> {
  if (victim === 'PostgreSQL') {
    await cluster.server.stop()
    return { name: victim, again: cluster.server.restart() }
  }
  const process =
    victim === 'engine'
      ? await workingEngine(cluster, signal)
      : pick(victim === 'prober' ? cluster.probers : cluster.apis.map((api) => api.process), random)
  await process.kill()
  return { name: process.name, again: startAgain(process, { pauseMs: random(MAX_PAUSE_MS), signal }) }
}

/** While PostgreSQL is away, or nobody is elected, it waits for the next one. */
async function workingEngine({ engines, query }: Cluster, signal: AbortSignal): Promise<ClusterProcess> {
  let found: ClusterProcess | undefined
  await until(async () => {
    const [row] = await query<{ holder: string | null }>('select holder from engine').catch(() => [])
    found = engines.find(({ pid }) => pid !== null && row?.holder?.endsWith(`:${pid}`))
    return found !== undefined
  }, signal)
  if (found === undefined) throw new Error('It has just been found.')
  return found
}

async function startAgain(
  process: ClusterProcess,
  { pauseMs, signal }: { pauseMs: number; signal: AbortSignal },
): Promise<void> {
  await sleep(pauseMs, undefined, { signal })
  for (let starts = 1; ; starts += 1) {
    try {
      return await process.start()
    } catch (failure) {
      // PostgreSQL may be away.
      if (starts === MAX_STARTS) throw failure
      await sleep(RETRY_AFTER_MS, undefined, { signal })
    }
  }
}

/** @param after epoch milliseconds; null if no engine was ended */
async function resultsOf({ query }: Cluster, refreshId: number, after: number | null) {
  const ofRefresh = `from probes where refresh_id = ${refreshId}`
  const [refresh] = await query<{ state: string; targets: number }>(
    `select state, (select count(*)::int from refresh_targets where refresh_id = ${refreshId}) as targets
    from refreshes where id = ${refreshId}`,
  )
  const [counts] = await query<{ results: number; devices: number }>(
    `select count(*)::int as results, count(distinct device_id)::int as devices ${ofRefresh}`,
  )
  const outcomes = await query<{ outcome: string; count: number }>(
    `select outcome, count(*)::int as count ${ofRefresh} group by outcome`,
  )
  const [next] = await query<{ at: string | null }>(
    `select min(started_at) as at ${ofRefresh} and started_at > ${after ?? 'null'}`,
  )
  const { state = '', targets = 0 } = refresh ?? {}
  const { results = 0, devices = 0 } = counts ?? {}
  const nextAt = next?.at ?? null
  return {
    state,
    targets,
    results,
    repeated: results - devices,
    missing: targets - devices,
    outcomes: Object.fromEntries(outcomes.map(({ outcome, count }) => [outcome, count])),
    engineGapMs: nextAt === null || after === null ? null : Number(nextAt) - after,
  }
}

async function until(condition: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await condition())) await sleep(LOOK_EVERY_MS, undefined, { signal })
}

function pick<T>(from: readonly T[], random: (below: number) => number): T {
  const picked = from[random(from.length)]
  if (picked === undefined) throw new Error('There is nothing to pick from.')
  return picked
}
