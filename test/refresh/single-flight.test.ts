import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

describe('equal requests', () => {
  it('run once if they come at once', async () => {
    const { store, service } = await twelve.service({ timeoutMs: twelve.HELD_MS })
    const requested = await Promise.all(
      [1, 2, 3].map(() => service.request(twelve.refreshRequest({ requestedBy: null, trigger: 'SCHEDULE' }))),
    )
    expect(requested.map(({ started }) => started)).toEqual([true, false, false])
    expect(new Set(requested.map(({ refresh: { id } }) => id)).size).toBe(1)
    expect(await store.refreshes.count()).toBe(1)
  })

  type Asked = Parameters<typeof twelve.scopeOf>[1] & { sync?: boolean; force?: boolean }
  it.each<[string, Asked, Asked, boolean]>([
    ['a site, the same site', { sites: ['Lyon'] }, { sites: ['Lyon'] }, false],
    ['everything, a country', {}, { countries: ['Italy'] }, false],
    ['a country, its site', { countries: ['France'] }, { sites: ['Lyon'] }, false],
    ['a country, its device', { countries: ['France'] }, { devices: ['d6'] }, false],
    ['a site, its device', { sites: ['Lyon'] }, { devices: ['d5'] }, false],
    ['a country, everything', { countries: ['France'] }, {}, true],
    ['a site, its country', { sites: ['Lyon'] }, { countries: ['France'] }, true],
    ['a site, another', { sites: ['Lyon'] }, { sites: ['Rome'] }, true],
    ['a device, another of the site', { devices: ['d6'] }, { devices: ['d5'] }, true],
    ['not forced, forced', { sites: ['Lyon'] }, { sites: ['Lyon'], force: true }, true],
    ['forced, not forced', { sites: ['Lyon'], force: true }, { sites: ['Lyon'] }, false],
    ['without sync, with sync', { sites: ['Lyon'] }, { sites: ['Lyon'], sync: true }, true],
    ['with sync, without sync', { sites: ['Lyon'], sync: true }, { sites: ['Lyon'] }, false],
  ])('%s', async (_name, first, second, started) => {
    const { store, service } = await twelve.service({ timeoutMs: twelve.HELD_MS })
    const ask = async ({ sync = false, force = false, ...names }: Asked) =>
      service.request(twelve.refreshRequest({ scope: await twelve.scopeOf(store, names), sync, force }))
    const one = await ask(first)
    const other = await ask(second)
    expect(other.started).toBe(started)
    expect(other.refresh.id === one.refresh.id).toBe(!started)
  })

  it('do not get a refresh that is being cancelled or has ended', async () => {
    const probing = Promise.withResolvers<void>()
    const cancelling = Promise.withResolvers<void>()
    const { store, service } = await twelve.service({
      timeoutMs: twelve.HELD_MS,
      probe: async (task, signal) => {
        probing.resolve()
        const report = await twelve.patientProbe(task, signal)
        if (signal.aborted) await cancelling.promise
        return report
      },
    })
    const scope = await twelve.scopeOf(store, { devices: ['d6'] })
    const first = await service.request(twelve.refreshRequest({ scope }))
    await probing.promise
    const cancelled = service.cancel(first.refresh.id)
    const second = await service.request(twelve.refreshRequest({ scope }))
    expect(second.started).toBe(true)
    cancelling.resolve()
    expect(await cancelled).toMatchObject({ state: 'CANCELLED' })
    await service.cancel(second.refresh.id)
    expect(await service.request(twelve.refreshRequest({ scope }))).toMatchObject({ started: true })
  })

  it('do not get a cycle that fetched the inventory nearly an interval ago', async () => {
    let laterMs = 0
    const clock = { ...systemClock, now: () => Date.now() + laterMs }
    const { service } = await twelve.service({ timeoutMs: twelve.HELD_MS, everyMs: 7_200_000, clock })
    const cycle = () => service.request(twelve.refreshRequest({ trigger: 'SCHEDULE', sync: true }))
    const first = await cycle()
    laterMs = 0.89 * 7_200_000
    expect(await cycle()).toMatchObject({ started: false, refresh: { id: first.refresh.id } })
    laterMs = 0.9 * 7_200_000
    expect(await service.request(twelve.refreshRequest())).toMatchObject({ started: false })
    expect(await cycle()).toMatchObject({ started: true })
  })
})
