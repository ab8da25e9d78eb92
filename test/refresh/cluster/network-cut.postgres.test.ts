import { expect, it } from 'vitest'
import { ask, dataOf } from '../../support/graphql-answer.ts'
import { allOf, overSse } from '../../support/subscribers.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { processesOver } from '../support/processes.ts'

const CUT_MS = 20_000
const DEVICES = 60

const START = 'mutation { startRefresh(input: { sync: true }) { refresh { id } } }'
const RESULTS = `subscription ($id: ID!) { probeResults(refreshId: $id) {
  probes { outcome device { name } } progress { state done total }
} }`

interface Results {
  probeResults: {
    probes: { outcome: string; device: { name: string } }[]
    progress: { state: string; done: number; total: number }
  }
}

it('an engine goes on after its network was cut for 20 s', { timeout: 360_000 }, async () => {
  const processes = await processesOver(DEVICES, { throttle: { startsPerSecond: 10 } })
  const api = await processes.api('api')
  const url = `${api.url}/graphql`
  const address = new URL(processes.database)
  const proxy = await startTcpProxy(Number(address.port))
  address.port = String(proxy.port)
  await processes.engine('engine', address.href)
  const { startRefresh } = await dataOf<{ startRefresh: { refresh: { id: string } } }>(url, START)
  const { id } = startRefresh.refresh
  const following = allOf(overSse(url).subscribe<Results>(RESULTS, { id }))
  await expect.poll(async () => (await api.store.probes.lastId()) > 10).toBe(true)

  proxy.cut()
  const cutAt = performance.now()
  // The other processes notice that it is silent, and go on without it.
  await expect.poll(() => api.services.gateway.hasEngine(), { interval: 200 }).toBe(false)
  expect(await ask(url, START)).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'UNAVAILABLE' } }],
  })
  expect(await dataOf(url, '{ devices { totalCount } }')).toEqual({ devices: { totalCount: DEVICES } })
  await expect.poll(() => performance.now() - cutAt > CUT_MS, { interval: 200 }).toBe(true)
  expect(await api.store.probes.lastId()).toBeLessThan(DEVICES)
  proxy.restore()

  const events = await following
  const results = events.flatMap(({ probeResults }) => probeResults.probes)
  expect(results).toHaveLength(DEVICES)
  expect(new Set(results.map(({ device }) => device.name)).size).toBe(DEVICES)
  expect(events.at(-1)?.probeResults.progress).toEqual({ state: 'COMPLETED', done: DEVICES, total: DEVICES })
  // What was refused is not done later.
  expect(await api.store.refreshes.count()).toBe(1)
})
