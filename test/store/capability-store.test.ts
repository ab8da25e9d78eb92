import { expect, it } from 'vitest'
import { FIRST_TRY, idsByName, newStore, record, report, sync } from './support/fixture.ts'
import { ON_POSTGRES } from './support/test-database.ts'

/** A device, and what it says: `probe` resolves with the id of the capability set that it then has. */
async function deviceWithSets() {
  const { store, statements } = await newStore()
  await sync(store, [record('France/Lyon/r1')])
  const deviceId = (await idsByName(store)).r1 ?? 0
  let startedAt = 0
  const probe = async (...capabilities: string[]) => {
    startedAt += 1_000
    await store.probes.commitBatch([
      { refreshId: null, deviceId, ...FIRST_TRY, report: report({ capabilities, startedAt }) },
    ])
    return (await store.devices.byIds([deviceId]))[0]?.capabilitySetId ?? 0
  }
  return { store, statements, probe }
}

it('returns sets with their parsed capabilities, all in one statement', async () => {
  const { store, statements, probe } = await deviceWithSets()
  const id = await probe('urn:a?module=m&revision=2020-01-01', 'urn:b')
  const other = await probe('urn:c')
  statements.length = 0
  const sets = await store.capabilities.byIds([id, other, 99])
  expect(statements).toHaveLength(1)
  expect(sets.toSorted((one, two) => one.id - two.id)).toMatchObject([
    {
      id,
      uris: ['urn:a?module=m&revision=2020-01-01', 'urn:b'],
      capabilities: [{ module: 'm' }, { module: null }],
    },
    { id: other, uris: ['urn:c'], capabilities: [{ namespace: 'urn:c' }] },
  ])
})

it('parses each set once', async () => {
  const { store, probe } = await deviceWithSets()
  const id = await probe('urn:a')
  const [first] = await store.capabilities.byIds([id])
  const [again] = await store.capabilities.byIds([id])
  expect(again).toBe(first)
})

// PostgreSQL gives no id twice.
it.skipIf(ON_POSTGRES)('does not take a set for another one that has got its id', async () => {
  const { store, probe } = await deviceWithSets()
  await probe('urn:a')
  const id = await probe('urn:b')
  expect(await store.capabilities.byIds([id])).toMatchObject([{ uris: ['urn:b'] }])
  await probe('urn:a')
  for await (const _piece of store.retention.prune({ probesBefore: 2_500, changesBefore: 0, limit: 10 }));
  expect(await store.capabilities.byIds([id])).toEqual([])
  expect(await probe('urn:c')).toBe(id)
  expect(await store.capabilities.byIds([id])).toMatchObject([{ uris: ['urn:c'] }])
})
