import type { Transaction } from 'kysely'
import type { InventoryDiff } from '../inventory/diff.ts'
import type { Database } from './database.ts'
import { jsonList, jsonTable } from './json-values.ts'

/**
 * Regions come with device records but are the country's, so the records of one country can disagree. Then a region
 * that a device of the source affirms by being unchanged stays; else the first that a record names is taken; and
 * where no record names one, an updated device that dropped it clears it. Otherwise two syncs in a row of the same
 * records would change it to and fro.
 */
export async function updateRegions(transaction: Transaction<Database>, diff: InventoryDiff): Promise<void> {
  const regions = new Map<string, string | null>()
  for (const { record, changes } of diff.updated) {
    if (changes.some(({ field, after }) => field === 'region' && after === null)) {
      regions.set(record.country, null)
    }
  }
  const changed = [...diff.updated, ...diff.restored].map(({ record }) => record)
  for (const { country, region } of [...changed, ...diff.created]) {
    if (region !== null && !regions.get(country)) regions.set(country, region)
  }
  if (regions.size === 0) return
  const rows = [...regions].map(([country, region]) => ({ country, region }))
  await transaction
    .updateTable('countries')
    .from(jsonTable('given', ['country', 'region'], rows))
    .set((eb) => ({ region: eb.ref('given.region') }))
    .whereRef('countries.name', '=', 'given.country')
    .whereRef('countries.region', 'is not', 'given.region')
    .where((eb) =>
      eb.or([
        eb('countries.region', 'is', null),
        eb(
          'countries.id',
          'not in',
          eb
            .selectFrom('devices')
            .innerJoin('sites', 'sites.id', 'devices.site_id')
            .select('sites.country_id')
            .where('devices.id', 'in', jsonList(diff.unchanged)),
        ),
      ]),
    )
    .execute()
}
