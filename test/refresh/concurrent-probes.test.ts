import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { type ServiceOptions, useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

/** A service, with how often it has asked each device, and the name of the first that it asks again. */
async function newCounting(options: ServiceOptions = {}) {
  const asked: Record<string, number> = {}
  const again = Promise.withResolvers<string>()
  const { store, service } = await twelve.service({
    throttle: { coolDownMs: 60_000 },
    probe: (task, signal) => {
      const { name = '' } =
        twelve.fleet.records.find(({ address, port }) => address === task.host && port === task.port) ?? {}
      asked[name] = (asked[name] ?? 0) + 1
      if (asked[name] === 2) again.resolve(name)
      return twelve.patientProbe(task, signal)
    },
    ...options,
  })
  return {
    asked,
    again: again.promise,
    store,
    service,
    lyon: await twelve.scopeOf(store, { sites: ['Lyon'] }),
  }
}

/** In a row, by device. */
async function failuresOf(store: Store): Promise<Record<string, number>> {
  const failures: Record<string, number> = {}
  for await (const device of store.refreshes.likeliestTargets()) failures[device.name] = device.failures
  return failures
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
    const { asked, store, service, lyon } = await newCounting()
    const one = await service.request(twelve.refreshRequest({ scope: lyon }))
    await twelve.stateOf(service, 'PROBING')
    const forced = await service.request(twelve.refreshRequest({ force: true }))
    await Promise.all([service.ended(one.refresh), service.ended(forced.refresh)])
    expect(asked).toMatchObject({ d1: 1, d5: 2, d6: 2 })
    expect((await failuresOf(store)).d6).toBe(2)
    expect((await failuresOf(store)).d12).toBe(1)
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
