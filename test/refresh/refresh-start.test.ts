import { expect, test } from 'vitest'
import { newStore, record, report, sync } from '../store/support/fixture.ts'
import { turnsDuring } from '../support/turns.ts'
import { newService, refreshRequest } from './support/fixture.ts'

const DEVICES = 700
const NO_FLEET = { records: [], credential: { username: 'u', password: 'p' }, close: async () => undefined }

async function newLarge(onProbe: () => void) {
  const { store } = await newStore()
  await sync(
    store,
    Array.from({ length: DEVICES }, (_, index) => record(`France/Paris/r${index}`)),
  )
  const service = newService({
    store,
    fleet: NO_FLEET,
    throttle: { concurrency: 1, startsPerSecond: 100_000 },
    probe: async () => {
      onProbe()
      return report()
    },
  })
  const refresh = async () => {
    const { refresh } = await service.request(refreshRequest())
    return await service.ended(refresh)
  }
  return { service, store, refresh }
}

test('the API gets its turns while the devices of a refresh are queued', async () => {
  let waitingAtFirst: number | undefined
  const { service, store, refresh } = await newLarge(() => {
    waitingAtFirst ??= service.budgets()[0]?.waiting
  })
  await turnsDuring(async () => {
    expect(await refresh()).toMatchObject({ state: 'COMPLETED', outcomeCounts: { SUPPORTED: DEVICES } })
  })
  expect(waitingAtFirst).toBeLessThan(10)
  expect(await store.devices.count({ netconfSupported: true })).toBe(DEVICES)
})

test('a refresh can be cancelled while its devices are queued', async () => {
  let probes = 0
  let cancelled: Promise<unknown> | undefined
  const { service, refresh } = await newLarge(() => {
    probes += 1
    cancelled ??= service.cancel(1)
  })
  await turnsDuring(async () => {
    expect(await refresh()).toMatchObject({ state: 'CANCELLED', total: DEVICES })
    await cancelled
  })
  expect(cancelled).toBeDefined()
  expect(probes).toBeLessThan(10)
})
