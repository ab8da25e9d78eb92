import { sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { newStore, record } from '../support/fixture.ts'
import { applyPlannedSync, NO_CHANGES, plannedSync } from '../support/planned-sync.ts'
import { otherConnection } from '../support/test-database.ts'

it('a sync of many devices leaves PostgreSQL with statistics of them', async () => {
  const { store, database } = await newStore()
  const other = otherConnection(database)
  onTestFinished(() => other.destroy())
  const created = Array.from({ length: 10_000 }, (_, index) => record(`France/Paris/r${index}`))
  await applyPlannedSync(store, plannedSync({ diff: { ...NO_CHANGES, created, unchanged: [] } }))
  const { rows } = await sql`
    select reltuples::bigint as devices from pg_class where oid = 'devices'::regclass`.execute(other)
  expect(rows).toEqual([{ devices: 10_000 }])
})
