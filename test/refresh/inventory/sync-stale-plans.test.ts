import { expect, it } from 'vitest'
import { newStore } from '../../store/support/fixture.ts'
import { newFile, newSyncing, raw } from '../support/syncing.ts'

/** A service whose `between` runs after each read of the known devices, and before the plan is applied. */
async function newInterrupted(between: (round: number) => Promise<void>) {
  const { store } = await newStore()
  const { source, write } = await newFile()
  await write([raw('r1')])
  const snapshot = store.inventory.snapshot.bind(store.inventory)
  let rounds = 0
  store.inventory.snapshot = async () => {
    const taken = await snapshot()
    rounds += 1
    await between(rounds)
    return taken
  }
  return { ...(await newSyncing([source], { store })), rounds: () => rounds }
}

const added = (name: string) => ({ name, address: `${name}.example.com`, site: 'Lyon', country: 'France' })

it('plans a sync again if devices are changed by hand before it is applied', async () => {
  const syncing = await newInterrupted(async (round) => {
    if (round === 1) await syncing.service.onboard(raw('r1'), 'alice')
  })
  const [plan] = await syncing.sync()
  expect(plan).toMatchObject({ state: 'APPLIED', created: 0 })
  // The first plan, from no known devices, would have found its name held when it was applied.
  expect(plan?.rejected.map(({ reason }) => reason)).toEqual([
    'r1 at site Paris of France was onboarded by hand; decommission it to have it from this source.',
  ])
  expect(syncing.rounds()).toBe(2)
  expect(await syncing.store.syncPlans.count()).toBe(1)
})

it('applies a sync although devices are changed by hand all the time', async () => {
  const waiting: Promise<unknown>[] = []
  const syncing = await newInterrupted(async (round) => {
    const change = syncing.service.onboard(added(`m${round}`), 'alice')
    waiting.push(change)
    if (round < 3) return void (await change)
    // More turns than the change takes if nothing holds it back.
    for (let turn = 0; turn < 50; turn++) await syncing.store.ping()
  })
  expect(await syncing.sync()).toMatchObject([{ state: 'APPLIED', created: 1 }])
  expect(syncing.rounds()).toBe(3)
  await Promise.all(waiting)
  expect(await syncing.store.devices.count()).toBe(4)
})

it('gives up if another process changes devices in every round', async () => {
  const syncing = await newInterrupted(async (round) => {
    const { store } = syncing
    const { name, address, site, country } = added(`m${round}`)
    const record = { key: null, name, address, port: 830, site, country, region: null }
    await store.inventory.apply(
      {
        created: [{ ...record, platform: null, credential: null }],
        updated: [],
        restored: [],
        decommissioned: [],
        unchanged: [],
      },
      { source: 'other', at: 0, actor: 'other', decommission: null },
    )
  })
  await expect(syncing.sync()).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(syncing.rounds()).toBe(10)
  expect(await syncing.store.syncPlans.count()).toBe(0)
})
