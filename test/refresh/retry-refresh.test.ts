import { describe, expect, it } from 'vitest'
import type { ProbeReport, ProbeTask } from '../../src/netconf/report/probe-report.ts'
import type { RefreshService } from '../../src/refresh/refresh-service.ts'
import { report, sync } from '../store/support/fixture.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

async function retry(service: RefreshService, id: number) {
  const requested = await service.retry(id, 'ana')
  return await service.ended(requested.refresh)
}

/** Finds the devices of these names out of reach and all others supported, without a network. */
function unreachable(names: Set<string>) {
  return async ({ host, port }: ProbeTask): Promise<ProbeReport> => {
    const { name = '' } =
      twelve.fleet.records.find((each) => each.address === host && each.port === port) ?? {}
    const outcome = names.has(name) ? 'UNREACHABLE' : 'SUPPORTED'
    return report({ outcome, startedAt: Date.now() })
  }
}

describe('a retry of a refresh', () => {
  it('probes the devices that were not SUPPORTED, within its scope and without a sync', async () => {
    const { store, service } = await twelve.service()
    const scope = await twelve.scopeOf(store, { countries: ['France'], devices: ['d12'] })
    const first = await twelve.refresh(service, { scope, sync: true })
    expect(await twelve.outcomesOf(store, first.id)).toEqual({
      SUPPORTED: twelve.healthy(1, 8),
      TIMEOUT: twelve.STALLING,
    })
    const again = await retry(service, first.id)
    expect(again).toMatchObject({
      state: 'COMPLETED',
      trigger: 'MUTATION',
      requestedBy: 'ana',
      scope,
      sync: false,
      total: 2,
      retryOf: first.id,
    })
    expect(await twelve.outcomesOf(store, again.id)).toEqual({ TIMEOUT: twelve.STALLING })
  })

  it('of a retry probes the devices that failed in it', async () => {
    const names = new Set(['d1', 'd2', 'd3'])
    const { store, service } = await twelve.service({ probe: unreachable(names) })
    const first = await twelve.refresh(service)
    names.delete('d1')
    const second = await retry(service, first.id)
    expect(await twelve.outcomesOf(store, second.id)).toEqual({
      SUPPORTED: ['d1'],
      UNREACHABLE: ['d2', 'd3'],
    })
    names.clear()
    const third = await retry(service, second.id)
    expect(await twelve.outcomesOf(store, third.id)).toEqual({ SUPPORTED: ['d2', 'd3'] })
    // What the first one found stands, whatever became of the devices since.
    expect(await retry(service, first.id)).toMatchObject({ total: 3, outcomeCounts: { SUPPORTED: 3 } })
  })

  it('probes nothing and is COMPLETED if nothing failed or the failed devices are decommissioned', async () => {
    const { store, service } = await twelve.service({ probe: unreachable(new Set(['d1'])) })
    const lyon = await twelve.refresh(service, { scope: await twelve.scopeOf(store, { sites: ['Lyon'] }) })
    expect(await retry(service, lyon.id)).toMatchObject({ state: 'COMPLETED', total: 0 })
    const paris = await twelve.refresh(service, { scope: await twelve.scopeOf(store, { sites: ['Paris'] }) })
    expect(paris.outcomeCounts).toEqual({ SUPPORTED: 3, UNREACHABLE: 1 })
    await sync(
      store,
      twelve.fleet.records.filter(({ name }) => name !== 'd1'),
    )
    expect(await retry(service, paris.id)).toMatchObject({ state: 'COMPLETED', total: 0 })
  })

  it('ignores the cool-down and back-off', async () => {
    const { store, service } = await twelve.service({
      probe: unreachable(new Set(twelve.STALLING)),
      throttle: { coolDownMs: 3_600_000, retries: 0 },
    })
    const scope = await twelve.scopeOf(store, { devices: twelve.STALLING })
    let { id } = await twelve.refresh(service, { scope })
    for (let failures = 2; failures <= 4; failures += 1) id = (await retry(service, id)).id
    expect(await twelve.outcomesOf(store, id)).toEqual({ UNREACHABLE: twelve.STALLING })
    const [device] = await store.devices.byIds(scope.deviceIds)
    expect(device?.backOffUntil).toBeGreaterThan(Date.now())
    expect(await twelve.refresh(service, { scope })).toMatchObject({ total: 0 })
  })

  it('of a cancelled refresh probes the devices that it did not finish', async () => {
    const { service } = await twelve.service({ timeoutMs: twelve.HELD_MS, throttle: { concurrency: 3 } })
    const { refresh: row } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 2)
    const cancelled = await service.cancel(row.id)
    const supported = cancelled.outcomeCounts.SUPPORTED ?? 0
    expect(supported).toBeGreaterThanOrEqual(2)
    expect(cancelled).toMatchObject({ state: 'CANCELLED', total: 12 })
    const { refresh: again } = await service.retry(row.id, null)
    expect(again).toMatchObject({ state: 'QUEUED', total: 12 - supported })
    await service.cancel(again.id)
  })

  it('of a refresh without targets probes its whole scope', async () => {
    const { store, service } = await twelve.service({ probe: unreachable(new Set()) })
    const scope = await twelve.scopeOf(store, { sites: ['Rome'] })
    const { id } = await store.refreshes.create({
      ...twelve.refreshRequest({ scope, sync: true }),
      at: 1_000,
    })
    await store.refreshes.update(id, { state: 'CANCELLED', finishedAt: 2_000 })
    const again = await retry(service, id)
    expect(again).toMatchObject({ sync: false, total: 4, outcomeCounts: { SUPPORTED: 4 } })
  })

  it('runs once if it is requested twice at once, and serves no request for its scope', async () => {
    const { service } = await twelve.service({ timeoutMs: twelve.HELD_MS })
    const { refresh: row } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 10)
    await service.cancel(row.id)
    const both = await Promise.all([service.retry(row.id, 'ana'), service.retry(row.id, 'ben')])
    expect(both.map(({ started }) => started)).toEqual([true, false])
    expect(both[1]?.refresh).toMatchObject({ id: both[0]?.refresh.id, requestedBy: 'ana' })
    const everything = await service.request(twelve.refreshRequest())
    expect(everything).toMatchObject({ started: true, refresh: { retryOf: null } })
    await service.cancel(both[0]?.refresh.id ?? 0)
    await service.cancel(everything.refresh.id)
  })

  it('is refused while the refresh runs, and for an unknown one', async () => {
    const { service } = await twelve.service({ timeoutMs: twelve.HELD_MS })
    const { refresh: row } = await service.request(twelve.refreshRequest())
    await expect(service.retry(row.id, null)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'This refresh has not ended yet; wait for its end or cancel it, then retry.',
    })
    await service.cancel(row.id)
    await expect(service.retry(999, null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await service.close()
    await expect(service.retry(row.id, null)).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})
