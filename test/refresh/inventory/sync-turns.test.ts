import { expect, test } from 'vitest'
import type { InventorySource } from '../../../src/sources/source.ts'
import { record } from '../../store/support/fixture.ts'
import { turnsDuring } from '../../support/turns.ts'
import { newSyncing } from '../support/syncing.ts'

/** Syncs so many devices twice. */
async function turnsOfSyncs(devices: number): Promise<{ first: number; unchanged: number }> {
  const records = Array.from({ length: devices }, (_, index) =>
    record(`France/Site ${Math.floor(index / 30)}/r${index}`),
  )
  const source: InventorySource = { name: 'global', fetch: async () => ({ records, rejected: [] }) }
  const { sync } = await newSyncing([source])
  const plans: unknown[] = []
  const first = await turnsDuring(async () => plans.push(...(await sync())))
  const unchanged = await turnsDuring(async () => plans.push(...(await sync())))
  expect(plans).toMatchObject([{ created: devices }, { created: 0, unchanged: devices }])
  return { first, unchanged }
}

test('the API gets its turns while an inventory is compared and applied, however large it is', async () => {
  const few = await turnsOfSyncs(1_000)
  const many = await turnsOfSyncs(6_000)
  // At least one turn for every 100 devices, in all the passes over them together.
  expect(many.first - few.first).toBeGreaterThan(50)
  expect(many.unchanged - few.unchanged).toBeGreaterThan(50)
})
