import type { Transaction } from 'kysely'
import type { InventoryRecord } from '../../inventory/record.ts'
import type { Database } from '../tables/database.ts'
import { jsonTable } from '../tables/json-values.ts'

/** Regions come with device records but are the country's; the records of one country agree on it. */
export async function updateRegions(
  transaction: Transaction<Database>,
  changed: readonly { record: InventoryRecord }[],
): Promise<void> {
  const regions = new Map(changed.map(({ record: { country, region } }) => [country, region]))
  const rows = [...regions].map(([country, region]) => ({ country, region }))
  await transaction
    .updateTable('countries')
    .from(jsonTable('given', ['country', 'region'], rows))
    .set((eb) => ({ region: eb.ref('given.region') }))
    .whereRef('countries.name', '=', 'given.country')
    .whereRef('countries.region', 'is not', 'given.region')
    .execute()
}
