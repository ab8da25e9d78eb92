import { describe, expect, it } from 'vitest'
import type { Gateway } from '../../../src/gateway.ts'
import type { RefreshRow } from '../../../src/store/refresh-store.ts'
import { endConnections } from '../../store/support/end-connections.ts'
import { ask, dataOf, post } from '../../support/graphql-answer.ts'
import { allOf, overSse } from '../../support/subscribers.ts'
import { processesOver } from '../support/processes.ts'
import { many, newFile } from '../support/syncing.ts'

const graphql = ({ url }: Gateway) => `${url}/graphql`

interface Started {
  startRefresh: { started: boolean; refresh: { id: string; state: string } }
}

const START = 'mutation { startRefresh(input: { sync: true }) { started refresh { id state } } }'
const RESULTS = `subscription ($id: ID!, $after: String) { probeResults(refreshId: $id, after: $after) {
  cursor probes { outcome device { name } } progress { state done total }
} }`

interface Results {
  probeResults: {
    cursor: string
    probes: { outcome: string; device: { name: string } }[]
    progress: { state: string; done: number; total: number }
  }
}

/** The names of the devices in the events, and the last state. */
async function followed(gateway: Gateway, id: string, after?: string) {
  const events = await allOf(overSse(graphql(gateway)).subscribe<Results>(RESULTS, { id, after }))
  const results = events.flatMap(({ probeResults }) => probeResults.probes)
  return {
    names: results.map(({ device }) => device.name),
    outcomes: [...new Set(results.map(({ outcome }) => outcome))],
    end: events.at(-1)?.probeResults.progress,
  }
}

const PROCESSES = '{ gateway { processes { name role active } } }'

describe('an API process', { timeout: 360_000 }, () => {
  it('answers queries without an engine, and says of a mutation that there is none', async () => {
    const processes = await processesOver(1)
    const api = await processes.api('api')
    expect(await ask(graphql(api), START)).toMatchObject({
      data: null,
      errors: [
        {
          message: 'No engine is running, so nothing was done. Try again later.',
          extensions: { code: 'UNAVAILABLE' },
        },
      ],
    })
    expect(await dataOf(graphql(api), '{ devices { totalCount } gateway { budgets { name } } }')).toEqual({
      devices: { totalCount: 0 },
      gateway: { budgets: [] },
    })
    expect(await dataOf(graphql(api), PROCESSES)).toEqual({
      gateway: { processes: [{ name: 'api', role: 'API', active: false }] },
    })
    const ready = await fetch(`${api.url}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { ready: true, problems: ['No engine is running; queries are answered all the same.'] },
    ])
    // What was given up is not done once there is an engine.
    await processes.engine('engine')
    expect(await api.store.refreshes.count()).toBe(0)
  })

  it('starts, follows and cancels what the engine does, as does every other one', async () => {
    const processes = await processesOver(60, { throttle: { startsPerSecond: 30 } })
    const [one, other] = [await processes.api('one'), await processes.api('other')]
    await processes.engine('engine')
    const { startRefresh } = await dataOf<Started>(graphql(one), START)
    expect(startRefresh).toMatchObject({ started: true, refresh: { state: 'QUEUED' } })
    const { id } = startRefresh.refresh
    const again = await dataOf<Started>(graphql(other), START)
    expect(again.startRefresh).toMatchObject({ started: false, refresh: { id } })

    const [byOne, byOther] = await Promise.all([followed(one, id), followed(other, id)])
    expect(new Set(byOne.names).size).toBe(60)
    expect(byOne.names).toHaveLength(60)
    expect(byOther).toEqual(byOne)
    const row = { ...(await one.store.refreshes.byIds([1]))[0], state: 'QUEUED' } as RefreshRow
    expect(await one.refreshes.ended(row)).toMatchObject({ state: 'COMPLETED', total: 60 })
    expect(byOne).toMatchObject({ outcomes: ['SUPPORTED'], end: { state: 'COMPLETED', done: 60, total: 60 } })

    const second = await dataOf<Started>(graphql(other), START.replace('sync: true', 'force: true'))
    const cancelled = await dataOf(
      graphql(one),
      'mutation ($id: ID!) { cancelRefresh(id: $id) { refresh { state } } }',
      { id: second.startRefresh.refresh.id },
    )
    expect(cancelled).toEqual({ cancelRefresh: { refresh: { state: 'CANCELLED' } } })
  })

  it('has the engine do every other mutation, and fails as the engine does', async () => {
    const processes = await processesOver(2)
    const api = await processes.api('api')
    await processes.engine('engine')
    const url = graphql(api)
    const synced = await dataOf(url, 'mutation { syncInventory { plans { state created } } }')
    expect(synced).toEqual({ syncInventory: { plans: [{ state: 'APPLIED', created: 2 }] } })
    const input = { name: 'r9', site: 'Paris', country: 'France', address: '127.0.0.1', port: 9 }
    const onboard = 'mutation ($input: DeviceInput!) { onboardDevice(input: $input) { device { id name } } }'
    const { onboardDevice } = await dataOf<{ onboardDevice: { device: { id: string } } }>(url, onboard, {
      input,
    })
    const { id } = onboardDevice.device
    expect(await ask(url, onboard, { input })).toMatchObject({
      errors: [{ message: expect.stringContaining('already'), extensions: { code: 'BAD_USER_INPUT' } }],
    })
    const update = `mutation ($id: ID!) {
      updateDevice(id: $id, input: { platform: "iosxe" }) { device { platform } }
      decommissionDevice(id: $id, reason: "moved") { device { lifecycle } }
    }`
    expect(await dataOf(url, update, { id })).toEqual({
      updateDevice: { device: { platform: 'iosxe' } },
      decommissionDevice: { device: { lifecycle: 'DECOMMISSIONED' } },
    })
    const bulk =
      'mutation ($n: Int!) { decommissionDevices(filter: {}, expected: $n) { done left { reason } } }'
    expect(await ask(url, bulk, { n: 7 })).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] })
    const resume =
      'mutation ($name: String!) { resumeCredential(name: $name) { credential { state } refresh { id } } }'
    expect(await dataOf(url, resume, { name: 'fleet' })).toEqual({
      resumeCredential: { credential: { state: 'ACTIVE' }, refresh: null },
    })
    expect(await ask(url, resume, { name: 'none' })).toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    })
    const trust =
      'mutation ($id: ID!) { trustHostKeys(keys: [{ deviceId: $id, fingerprint: "x" }]) { done left { reason } } }'
    expect(await dataOf(url, trust, { id })).toMatchObject({ trustHostKeys: { done: 0, left: [{}] } })
    // No command and no answer is left behind.
    expect(await api.store.commands.progress(Array.from({ length: 20 }, (_, index) => index + 1))).toEqual(
      new Map(),
    )
  })

  it('counts the mutations of a caller together with every other one', async () => {
    const processes = await processesOver(1, { limits: { mutationsPerMinute: 2 } })
    const [one, other] = [await processes.api('one'), await processes.api('other')]
    await processes.engine('engine')
    const retry = 'mutation { retryRefresh(id: "UmVmcmVzaDox") { started } }'
    for (const api of [one, other]) {
      expect(await ask(graphql(api), retry)).toMatchObject({
        errors: [{ extensions: { code: 'NOT_FOUND' } }],
      })
    }
    for (const api of [one, other]) {
      expect(await ask(graphql(api), retry)).toMatchObject({
        errors: [
          { message: expect.stringContaining('2 such mutations'), extensions: { code: 'RATE_LIMITED' } },
        ],
      })
    }
  })

  it('counts the wrong tokens of an address together with every other one', async () => {
    const processes = await processesOver(1, { auth: { mode: 'tokens' } })
    const [one, other] = [await processes.api('one'), await processes.api('other')]
    const statuses = async (api: Gateway, times: number) => {
      const found = []
      for (let time = 0; time < times; time += 1) {
        const headers = { authorization: `Bearer wrong${time}` }
        found.push((await post(graphql(api), PROCESSES, {}, headers)).status)
      }
      return new Set(found)
    }
    expect(await statuses(one, 12)).toEqual(new Set([401]))
    expect(await statuses(other, 8)).toEqual(new Set([401]))
    expect(await statuses(one, 1)).toEqual(new Set([429]))
    expect(await statuses(other, 1)).toEqual(new Set([429]))
  })

  it('has the engine approve and reject plans', async () => {
    const file = await newFile()
    const processes = await processesOver(1, {
      sources: [{ name: 'global', type: 'file', path: file.path, fields: {} }],
    })
    const [one, other] = [await processes.api('one'), await processes.api('other')]
    await processes.engine('engine')
    const sync = async (names: number) => {
      await file.write(many('r', names))
      const { syncInventory } = await dataOf<{ syncInventory: { plans: { id: string; state: string }[] } }>(
        graphql(one),
        'mutation { syncInventory { plans { id state } } }',
      )
      return syncInventory.plans[0] ?? { id: '', state: '' }
    }
    const decide = async (api: Gateway, field: 'approveSyncPlan' | 'rejectSyncPlan', id: string) =>
      await ask(graphql(api), `mutation ($id: ID!) { ${field}(id: $id) { plan { state decommissioned } } }`, {
        id,
      })
    const devices = () => dataOf(graphql(other), '{ devices { totalCount } }')
    expect(await sync(60)).toMatchObject({ state: 'APPLIED' })
    const rejected = await sync(5)
    expect(rejected).toMatchObject({ state: 'AWAITING_APPROVAL' })
    expect(await decide(other, 'rejectSyncPlan', rejected.id)).toEqual({
      data: { rejectSyncPlan: { plan: { state: 'REJECTED', decommissioned: 55 } } },
    })
    expect(await devices()).toEqual({ devices: { totalCount: 60 } })
    const approved = await sync(4)
    expect(approved).toMatchObject({ state: 'AWAITING_APPROVAL' })
    expect(await decide(other, 'approveSyncPlan', approved.id)).toEqual({
      data: { approveSyncPlan: { plan: { state: 'APPLIED', decommissioned: 56 } } },
    })
    expect(await devices()).toEqual({ devices: { totalCount: 4 } })
    // The other API process knows as well that it is decided.
    expect(await decide(one, 'approveSyncPlan', approved.id)).toMatchObject({
      errors: [{ extensions: { code: 'CONFLICT' } }],
    })
  })

  it('loses no result with the connection that listens', async () => {
    const processes = await processesOver(40, { throttle: { startsPerSecond: 20 } })
    const api = await processes.api('api')
    await processes.engine('engine')
    const { startRefresh } = await dataOf<Started>(graphql(api), START)
    const following = followed(api, startRefresh.refresh.id)
    for (let time = 0; time < 3; time += 1) {
      // There is none while the process connects again.
      await expect.poll(() => endConnections(processes.database, 'rollcall (listener)')).toBeGreaterThan(0)
      await expect.poll(async () => (await api.store.probes.lastId()) > 10 * time).toBe(true)
    }
    const { names, end } = await following
    expect(names).toHaveLength(40)
    expect(new Set(names).size).toBe(40)
    expect(end).toMatchObject({ state: 'COMPLETED', done: 40 })
  })
})

describe('several engines', { timeout: 360_000 }, () => {
  it('work one at a time; another takes over what the one that lost its connection has left', async () => {
    const processes = await processesOver(80, { throttle: { startsPerSecond: 20 } })
    const api = await processes.api('api')
    const first = await processes.engine('first')
    const second = await processes.engine('second')
    await expect
      .poll(() => dataOf(graphql(api), PROCESSES))
      .toEqual({
        gateway: {
          processes: [
            { name: 'api', role: 'API', active: false },
            { name: 'first', role: 'ENGINE', active: true },
            { name: 'second', role: 'ENGINE', active: false },
          ],
        },
      })
    const { startRefresh } = await dataOf<Started>(graphql(api), START)
    const { id } = startRefresh.refresh
    const following = followed(api, id)
    await expect.poll(async () => (await api.store.probes.lastId()) > 10).toBe(true)
    // Of both, so that either may be elected next.
    await endConnections(processes.database, 'rollcall (election)')
    await expect.poll(async () => (await api.store.engine.current())?.term).toBe(2)
    await expect.poll(async () => (await api.store.probes.lastId()) > 30).toBe(true)
    // The other one ends in order.
    const current = (await api.store.engine.current())?.holder
    await (current === 'first' ? first : second).close()
    const { names, end } = await following
    // The refresh may have ended before the third engine was elected.
    await expect.poll(async () => (await api.store.engine.current())?.term).toBe(3)
    expect(names).toHaveLength(80)
    expect(new Set(names).size).toBe(80)
    expect(end).toMatchObject({ state: 'COMPLETED', done: 80, total: 80 })
    expect(await api.store.refreshes.count()).toBe(1)
  })

  it('may serve the API as well', async () => {
    const processes = await processesOver(20)
    const [one, other] = [await processes.all('one'), await processes.all('other')]
    const { startRefresh } = await dataOf<Started>(graphql(other), START)
    const { names } = await followed(other, startRefresh.refresh.id)
    expect(names).toHaveLength(20)
    await one.close()
    await expect.poll(async () => (await other.store.engine.current())?.holder).toBe('other')
    const again = await dataOf<Started>(graphql(other), START.replace('sync: true', 'force: true'))
    expect((await followed(other, again.startRefresh.refresh.id)).names).toHaveLength(20)
  })
})
