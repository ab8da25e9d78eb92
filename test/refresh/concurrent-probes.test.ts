import { describe, expect, it } from 'vitest'
import type { ProbeReport } from '../../src/netconf/report/probe-report.ts'
import { countReport } from '../../src/refresh/back-off.ts'
import { ConcurrentProbes } from '../../src/refresh/concurrent-probes.ts'
import type { TargetRow } from '../../src/store/refresh-store.ts'
import type { Store } from '../../src/store/store.ts'
import { report } from '../store/support/fixture.ts'
import { type ServiceOptions, useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

/** A service, with how often it has asked each device, and the names of the first that it asks, and asks again. */
async function newCounting(options: ServiceOptions = {}) {
  const asked: Record<string, number> = {}
  const first = Promise.withResolvers<string>()
  const again = Promise.withResolvers<string>()
  const { store, service } = await twelve.service({
    throttle: { coolDownMs: 60_000 },
    probe: (task, signal) => {
      const { name = '' } =
        twelve.fleet.records.find(({ address, port }) => address === task.host && port === task.port) ?? {}
      asked[name] = (asked[name] ?? 0) + 1
      first.resolve(name)
      if (asked[name] === 2) again.resolve(name)
      return twelve.patientProbe(task, signal)
    },
    ...options,
  })
  return {
    asked,
    first: first.promise,
    again: again.promise,
    store,
    service,
    lyon: await twelve.scopeOf(store, { sites: ['Lyon'] }),
  }
}

async function targetsOf(store: Store): Promise<Record<string, TargetRow>> {
  const targets: Record<string, TargetRow> = {}
  for await (const target of store.refreshes.likeliestTargets()) targets[target.name] = target
  return targets
}

/** In a row, by device. */
async function failuresOf(store: Store): Promise<Record<string, number>> {
  const targets = Object.values(await targetsOf(store))
  return Object.fromEntries(targets.map(({ name, failures }) => [name, failures]))
}

const ONCE_EACH = Object.fromEntries(twelveNames().map((name) => [name, 1]))

function twelveNames(): string[] {
  return Array.from({ length: 12 }, (_, index) => `d${index + 1}`)
}

describe('concurrent refreshes', () => {
  it('probe each device once within the cool-down, and have a result each', async () => {
    const { asked, store, service, lyon } = await newCounting()
    const one = await service.request(twelve.refreshRequest({ scope: lyon }))
    await twelve.stateOf(service, 'PROBING')
    const all = await service.request(twelve.refreshRequest())
    await Promise.all([service.ended(one.refresh), service.ended(all.refresh)])
    expect(asked).toEqual(ONCE_EACH)
    expect(await twelve.outcomesOf(store, one.refresh.id)).toEqual({
      SUPPORTED: twelve.healthy(5, 8),
      TIMEOUT: ['d6'],
    })
    expect(await twelve.outcomesOf(store, all.refresh.id)).toEqual({
      SUPPORTED: twelve.healthy(),
      TIMEOUT: twelve.STALLING,
    })
    expect((await failuresOf(store)).d6).toBe(1)
  })

  it('count failures in a row together if both probe, because the later one is forced', async () => {
    const { asked, first, store, service, lyon } = await newCounting()
    const one = await service.request(twelve.refreshRequest({ scope: lyon }))
    await first
    const forced = await service.request(twelve.refreshRequest({ force: true }))
    await Promise.all([service.ended(one.refresh), service.ended(forced.refresh)])
    expect(asked).toMatchObject({ d1: 1, d5: 2, d6: 2 })
    expect((await failuresOf(store)).d6).toBe(2)
    expect((await failuresOf(store)).d12).toBe(1)
  })

  it('count failures in a row together if one ends while the other has read its devices', async () => {
    const { asked, store, service, lyon } = await newCounting()
    const one = await service.request(twelve.refreshRequest({ scope: lyon }))
    await twelve.stateOf(service, 'PROBING')
    const read = store.refreshes.pendingTargets.bind(store.refreshes)
    store.refreshes.pendingTargets = async (id) => {
      const targets = await read(id)
      if (id !== one.refresh.id) await service.ended(one.refresh)
      return targets
    }
    const forced = await service.request(twelve.refreshRequest({ force: true }))
    await service.ended(forced.refresh)
    expect(asked).toMatchObject({ d1: 1, d5: 2, d6: 2 })
    expect((await failuresOf(store)).d6).toBe(2)
  })

  it('count failures in a row in the order in which they are stored', async () => {
    const { store } = await newCounting()
    const { d6: target } = await targetsOf(store)
    if (!target) throw new Error('There is no d6.')
    const [first, second] = [report({ outcome: 'TIMEOUT' }), report({ outcome: 'TIMEOUT' })]
    const probes = new ConcurrentProbes()
    const refreshes = [probes.begin(), probes.begin()]
    for (const refresh of refreshes) refresh.add([target])
    const count = (of: ProbeReport) =>
      probes.countOnce(target, of, (before) => countReport(before, of, 7_200_000)).failures
    // The one that came last is stored first, and the other one is stored by two refreshes.
    for (const each of [first, second]) probes.noteReport(target.deviceId, each)
    expect([count(second), count(first), count(first)]).toEqual([1, 2, 2])
  })

  it.each([
    ['asks what the other one was about to be told once that is cancelled', 0, 2],
    ['leaves devices that wait for another without a result if it is cancelled itself', 1, 1],
  ])('%s', async (_what, cancelled, asksOfD6) => {
    const { asked, again, store, service, lyon } = await newCounting({ timeoutMs: twelve.HELD_MS })
    const one = await service.request(twelve.refreshRequest({ scope: lyon }))
    await twelve.resultsOf(service, 3)
    const all = await service.request(
      twelve.refreshRequest({ scope: await twelve.scopeOf(store, { sites: ['Lyon', 'Paris'] }) }),
    )
    await twelve.eventOf(
      service,
      (event) => event.kind === 'results' && event.refreshId === all.refresh.id && event.lastSeq === 4,
    )
    expect(asked.d6).toBe(1)
    const requested = [one.refresh, all.refresh] as const
    const ended = await service.cancel(requested[cancelled === 0 ? 0 : 1].id)
    expect(ended.state).toBe('CANCELLED')
    if (cancelled === 0) expect(await again).toBe('d6')
    else expect(await twelve.outcomesOf(store, all.refresh.id)).toEqual({ SUPPORTED: twelve.healthy(1, 4) })
    expect(asked.d6).toBe(asksOfD6)
  })
})
