import { expect, it, onTestFinished } from 'vitest'
import { endOfRefresh, startRefresh, stateOfRefresh } from '../bench/support/refreshes.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { until } from '../support/until.ts'
import { startCluster } from './cluster.ts'
import { ResultFollower } from './result-follower.ts'

const SHIFTED_CLOCK = new URL('../support/shifted-clock.ts', import.meta.url).href
const MINUTES = 60_000

/** How far the clock of each machine is ahead. */
const AHEAD: Readonly<Record<string, number>> = {
  'engine 1': 5 * MINUTES,
  'engine 2': -5 * MINUTES,
  'API 1': -5 * MINUTES,
  'API 2': 5 * MINUTES,
  'prober AMER': 5 * MINUTES,
  'prober EMEA': -5 * MINUTES,
}

const DEVICES = 200

it('machines whose clocks differ by minutes work together', { timeout: 300_000 }, async () => {
  const cluster = await startCluster({
    devices: DEVICES,
    faulty: 0,
    port: 0,
    config: { throttle: { starts: '20/s' } },
    envOf: (name) => ({
      NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`,
      CLOCK_SHIFT_MS: String(AHEAD[name] ?? 0),
    }),
  })
  onTestFinished(() => cluster.close())
  const [one, other] = cluster.apis.map(({ url }) => `${url}/graphql`) as [string, string]
  const refreshId = await startRefresh(one)
  const followers = ([0, 1] as const).map(
    (first) => new ResultFollower({ urls: [one, other], first, refreshId }),
  )
  const following = Promise.all(followers.map((each) => each.follow(AbortSignal.timeout(240_000))))
  following.catch(() => undefined)
  await until(async () => (await stateOfRefresh(other, refreshId)).done > 20)
  // All are seen, whatever their own clocks say.
  const roles = async (url: string) => {
    const query = '{ gateway { processes { role active } } }'
    const { gateway } = await dataOf<{ gateway: { processes: { role: string; active: boolean }[] } }>(
      url,
      query,
    )
    return gateway.processes.map(({ role, active }) => `${role}${active ? ' active' : ''}`).sort()
  }
  const everybody = ['API', 'API', 'ENGINE', 'ENGINE active', 'PROBER', 'PROBER', 'PROBER']
  for (const url of [one, other]) await expect.poll(() => roles(url)).toEqual(everybody)
  // The other engine, whose clock is ten minutes away, takes over.
  await cluster.engines[0]?.kill()
  await following
  expect(followers.map(({ received, devices, cuts }) => [received, devices, cuts])).toEqual([
    [DEVICES, DEVICES, 0],
    [DEVICES, DEVICES, 0],
  ])
  expect(await endOfRefresh(other, refreshId)).toMatchObject({
    state: 'COMPLETED',
    total: DEVICES,
    outcomes: { SUPPORTED: DEVICES },
  })
})
