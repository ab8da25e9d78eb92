import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startFleet } from '../../../src/simulator/fleet.ts'
import { record, temporaryFolder } from '../../store/support/fixture.ts'
import { STARTED_AT, startApi } from '../../support/api-server.ts'
import { dataOf, post } from '../../support/graphql-answer.ts'
import { HandClock } from '../../support/hand-clock.ts'

let fleet: Awaited<ReturnType<typeof startFleet>>
beforeAll(async () => {
  fleet = await startFleet({ devices: 3, faulty: 0 })
})
afterAll(() => fleet.close())

/** The values of one metric by its labels, as they stand in the text. */
function valuesOf(text: string, name: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(name.length, at), Number(line.slice(at + 1))]
    }),
  )
}

describe('/metrics', () => {
  it('has the last cycle, the results and the devices', async () => {
    const credentials = [{ name: 'default', match: null, ...fleet.credential }]
    const { server, url, store, refreshes } = await startApi(fleet.inventory, { credentials })
    const scrape = async () => {
      const response = await fetch(`${server.url}/metrics`)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
      return response.text()
    }
    const before = await scrape()
    expect(valuesOf(before, 'rollcall_info')).toEqual({ '{version="1.2.3"}': 1 })
    expect(valuesOf(before, 'rollcall_last_completed_cycle_timestamp_seconds')).toEqual({ '': 0 })
    expect(valuesOf(before, 'rollcall_devices')).toMatchObject({
      '{outcome="UNPROBED"}': 3,
      '{outcome="SUPPORTED"}': 0,
    })

    const started = Date.now() / 1000
    await dataOf(url, 'mutation { startRefresh(input: { sync: true }) { started } }')
    const row = await store.refreshes.lastCycle()
    if (row) await refreshes.ended(row)
    const after = await scrape()
    const probes = { '{outcome="SUPPORTED",phase="CLOSE",region="local"}': 3 }
    expect(valuesOf(after, 'rollcall_probes_total')).toEqual(probes)
    expect(valuesOf(after, 'rollcall_devices')).toMatchObject({
      '{outcome="UNPROBED"}': 0,
      '{outcome="SUPPORTED"}': 3,
    })
    const completed = valuesOf(after, 'rollcall_last_completed_cycle_timestamp_seconds')
    expect(completed['']).toBeGreaterThan(started - 1)
    expect(valuesOf(after, 'rollcall_budget_limit')).toMatchObject({
      '{budget="concurrency"}': 200,
      '{budget="starts"}': 500,
    })
    const labels = '{trigger="MUTATION"}'
    expect(valuesOf(after, 'rollcall_refreshes_total')).toEqual({
      '{trigger="MUTATION",state="COMPLETED"}': 1,
    })
    expect(valuesOf(after, 'rollcall_refresh_duration_seconds_count')).toEqual({ [labels]: 1 })
    const took = valuesOf(after, 'rollcall_probe_duration_seconds_bucket')
    expect(took['{region="local",le="+Inf"}']).toBe(3)
    expect(Object.values(took)).toEqual(Object.values(took).toSorted((a, b) => a - b))
    expect(valuesOf(after, 'rollcall_probe_duration_seconds_sum')['{region="local"}']).toBeGreaterThan(0)
    expect(valuesOf(after, 'rollcall_database_size_bytes')['']).toBeGreaterThan(4_096)
    expect(valuesOf(after, 'rollcall_engine_active')).toEqual({ '': 1 })
    expect(valuesOf(after, 'rollcall_schedule_interval_seconds')).toEqual({ '': 7_200 })
    expect(valuesOf(after, 'rollcall_refreshes_running')).toEqual({ '': 0 })
    const process = '{process="host-a:17",role="ALL"}'
    expect(Object.keys(valuesOf(after, 'rollcall_process_info'))).toEqual([
      '{process="host-a:17",role="ALL",version="1.2.3",regions=""}',
    ])
    expect(valuesOf(after, 'rollcall_process_active')).toEqual({ [process]: 1 })
    expect(valuesOf(after, 'rollcall_process_probes_in_flight')).toEqual({ [process]: 3 })
    expect(valuesOf(after, 'rollcall_process_last_seen_timestamp_seconds')).toEqual({
      [process]: (STARTED_AT + 2_000) / 1000,
    })
    expect(valuesOf(after, 'process_cpu_seconds_total')['']).toBeGreaterThan(0)
    expect(valuesOf(after, 'rollcall_event_loop_delay_seconds')['{quantile="1"}']).toBeGreaterThan(0)
    // What a scrape counts is not added to what the last one counted.
    expect(valuesOf(await scrape(), 'rollcall_probes_total')).toEqual(probes)
  })

  it('has the load of regions, and the operations by name', async () => {
    const { server, url } = await startApi([], { regions: [{ region: 'EMEA', capacity: 50, queued: 3 }] })
    const query = (text: string) => post(url, text)
    await query('query Sites { sites { totalCount } }')
    await query('query Sites { sites { totalCount } }')
    await query('{ sites { totalCount } }')
    await query(`query ${'x'.repeat(101)} { sites { totalCount } }`)
    await query('query Wrong { node(id: "x") { id } }')
    await query('{ nothing }')
    const text = await (await fetch(`${server.url}/metrics`)).text()
    expect(valuesOf(text, 'rollcall_region_capacity')).toEqual({ '{region="EMEA"}': 50 })
    expect(valuesOf(text, 'rollcall_region_queue_depth')).toEqual({ '{region="EMEA"}': 3 })
    expect(valuesOf(text, 'rollcall_graphql_operation_duration_seconds_count')).toEqual({
      '{operation="Sites",type="query"}': 2,
      '{operation="anonymous-operation",type="query"}': 1,
      '{operation="other-operations",type="query"}': 1,
      '{operation="Wrong",type="query"}': 1,
    })
    expect(valuesOf(text, 'rollcall_graphql_errors_total')).toEqual({
      '{operation="Wrong",code="BAD_USER_INPUT"}': 1,
    })
    expect(valuesOf(text, 'rollcall_graphql_invalid_operations_total')).toEqual({ '': 1 })
  })

  it('has the open subscriptions', async () => {
    const { server, url } = await startApi([])
    const open = async () =>
      valuesOf(await (await fetch(`${server.url}/metrics`)).text(), 'rollcall_subscriptions')['']
    const abort = new AbortController()
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { deviceChanges { id } }' }),
      signal: abort.signal,
    })
    await expect.poll(open).toBe(1)
    abort.abort()
    await expect.poll(open).toBe(0)
  })

  it('counts a bounded number of names of operations, and all persisted ones', async () => {
    const file = join(await temporaryFolder(), 'operations.json')
    await writeFile(file, JSON.stringify({ kept: 'query Kept { __typename }' }))
    const { server, url } = await startApi([], { persistedOperations: { file } })
    for (let index = 0; index < 203; index += 1) await post(url, `query Name${index} { __typename }`)
    await post(url, 'query Kept { __typename }')
    const text = await (await fetch(`${server.url}/metrics`)).text()
    const counts = valuesOf(text, 'rollcall_graphql_operation_duration_seconds_count')
    expect(Object.keys(counts)).toHaveLength(201)
    expect(counts['{operation="other-operations",type="query"}']).toBe(4)
    expect(counts['{operation="Kept",type="query"}']).toBe(1)
  })

  it('answers 503 if the database is gone', async () => {
    const { server, store, logged } = await startApi([])
    await store.close()
    const response = await fetch(`${server.url}/metrics`)
    expect([response.status, await response.text()]).toEqual([
      503,
      'The metrics cannot be read; the log says why.\n',
    ])
    expect(logged.map(({ msg }) => msg)).toContainEqual(
      expect.stringContaining('the metrics could not be read'),
    )
  })
})

describe('/readyz', () => {
  it('is ready, and has the time of the last completed cycle', async () => {
    const { server, store } = await startApi([], { startedAt: Date.now() })
    const ready = async () => {
      const response = await fetch(`${server.url}/readyz`)
      return [response.status, await response.json()]
    }
    const nothing = {
      ready: true,
      problems: [],
      lastCompletedCycleAt: null,
      nextScheduledRefreshAt: null,
      // Without the name of the host, since anybody may read it here.
      processes: [{ role: 'ALL', active: true, lastSeenAt: '2026-05-03T23:19:06.120Z' }],
    }
    expect(await ready()).toEqual([200, nothing])
    const { id } = await store.refreshes.create({
      trigger: 'SCHEDULE',
      requestedBy: null,
      scope: { countryIds: [], siteIds: [], deviceIds: [] },
      sync: true,
      force: false,
      at: Date.now(),
    })
    const finishedAt = Date.now()
    await store.refreshes.update(id, { state: 'COMPLETED', finishedAt })
    const completed = { ...nothing, lastCompletedCycleAt: new Date(finishedAt).toISOString() }
    expect(await ready()).toEqual([200, completed])
  })

  it('is not ready if no cycle was completed for more than two intervals', async () => {
    const clock = new HandClock(STARTED_AT)
    const { server } = await startApi([], { clock })
    clock.advance(2 * 7_200_000)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    clock.advance(1)
    const response = await fetch(`${server.url}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      ready: false,
      problems: [expect.stringContaining('two intervals')],
    })
  })

  it('is overdue even if the clock was set back and the last cycle is in the future', async () => {
    const clock = new HandClock(STARTED_AT)
    const { server, refreshes, store } = await startApi([], { clock })
    const statusOf = async () => (await fetch(`${server.url}/readyz`)).status
    const scope = { countryIds: [], siteIds: [], deviceIds: [] }
    const cycle = async () => {
      const request = { trigger: 'SCHEDULE', requestedBy: null, scope, sync: true, force: false } as const
      const { refresh } = await refreshes.request(request)
      return await refreshes.ended(refresh)
    }
    expect(await cycle()).toMatchObject({ state: 'COMPLETED', finishedAt: STARTED_AT })
    clock.setBack(30 * 86_400_000)
    clock.advance(2 * 7_200_000)
    expect(await statusOf()).toBe(200)
    clock.advance(1)
    expect(await statusOf()).toBe(503)
    const { id } = await cycle()
    expect(await statusOf()).toBe(200)
    // The newest is the last that was begun, whatever the clock said.
    expect(await store.refreshes.lastCycle('COMPLETED')).toMatchObject({ id })
  })

  it('is not ready while the database cannot be written', async () => {
    const { server, path, refreshes } = await startApi([record('France/Lyon/r1')], { startedAt: Date.now() })
    const other = new Sqlite(path)
    onTestFinished(() => {
      other.close()
    })
    const { refresh } = await refreshes.request({
      trigger: 'MUTATION',
      requestedBy: null,
      scope: { countryIds: [], siteIds: [], deviceIds: [] },
      sync: false,
      force: false,
    })
    other.exec('begin immediate')
    await new Promise<void>((resolve) => {
      const stop = refreshes.events.listen(() => {
        if (refreshes.pausedBecause === null) return
        stop()
        resolve()
      })
    })
    const response = await fetch(`${server.url}/readyz`)
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { problems: [expect.stringContaining('cannot be written')] },
    ])
    other.exec('commit')
    expect(await refreshes.ended(refresh)).toMatchObject({ state: 'COMPLETED' })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  })
})
