import { RollcallError } from '../base/errors.ts'
import { plainText } from '../inventory/plain-text.ts'
import type { RefreshScope } from '../store/refresh-store.ts'
import type { Store } from '../store/store.ts'

/** The names that a person gives on the command line. */
export interface ScopeNames {
  country?: string[]
  site?: string[]
  device?: string[]
}

/** If more devices share a name, the person did not mean all of them. */
const MAX_NAMESAKES = 1_000

/**
 * Resolves names to ids. Several sites or devices may share a name. Rejects with NOT_FOUND if nothing has it.
 */
export async function resolveScope(store: Store, names: ScopeNames): Promise<RefreshScope> {
  const { inventory, devices } = store
  return {
    countryIds: await idsOf('country', names.country, async (name) => {
      const country = await inventory.countryByName(name)
      return country ? [country] : []
    }),
    siteIds: await idsOf('site', names.site, (name) => inventory.sitesByName(name)),
    deviceIds: await idsOf('device', names.device, async (name) => {
      const page = { first: MAX_NAMESAKES }
      return (await devices.page({ filter: { name: { in: [name, plainText(name)] } }, page })).items
    }),
  }
}

async function idsOf(
  kind: string,
  names: readonly string[] | undefined,
  find: (name: string) => Promise<{ id: number }[]>,
): Promise<number[]> {
  const ids: number[] = []
  for (const name of names ?? []) {
    const found = await find(name)
    if (found.length === 0) {
      throw new RollcallError(
        'NOT_FOUND',
        `The inventory has no ${kind} named "${name}"; ` +
          'names are case-sensitive and as the source gives them.',
      )
    }
    ids.push(...found.map(({ id }) => id))
  }
  return ids
}
