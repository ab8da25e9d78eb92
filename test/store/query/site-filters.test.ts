import fc from 'fast-check'
import { expect, it } from 'vitest'
import { propertyRuns } from '../../support/property-runs.ts'
import { plainSites, siteFilter } from '../support/arbitraries.ts'
import { fleetStore } from '../support/fleet-store.ts'
import { matchesCountry, matchesSite } from '../support/plain-filter.ts'
import type { PlainDevice } from '../support/plain-fleet.ts'

/** One device at each site, and a second at every third. */
function devicesAt(sites: readonly PlainDevice['site'][]): PlainDevice[] {
  const places = sites.flatMap((site, index) => (index % 3 === 0 ? [site, site] : [site]))
  return places.map((site, index) => ({
    id: index + 1,
    name: `r${index}`,
    address: '192.0.2.1',
    platform: null,
    vendor: null,
    model: null,
    osVersion: null,
    phase: null,
    keyChanged: null,
    credential: null,
    backOffUntil: null,
    lifecycle: index % 4 === 0 ? 'DECOMMISSIONED' : 'ACTIVE',
    outcome: null,
    probedAt: null,
    seenAt: 1,
    capabilities: null,
    site,
  }))
}

const bytes = (text: string) => Buffer.from(text)

it('filters of sites and countries mean the same as in plain JavaScript, in every order', async () => {
  await fc.assert(
    fc.asyncProperty(
      plainSites,
      fc.array(siteFilter, { minLength: 30, maxLength: 30 }),
      async (sites, filters) => {
        const devices = devicesAt(sites)
        await using fleet = await fleetStore(devices)
        const { inventory } = fleet.store
        const active = (id: number) =>
          devices.filter(({ site, lifecycle }) => site.id === id && lifecycle === 'ACTIVE').length
        const byName = (one: PlainDevice['site'], other: PlainDevice['site']) =>
          Buffer.compare(bytes(one.name), bytes(other.name)) || one.id - other.id
        const orders = {
          NAME: byName,
          COUNTRY: (one: PlainDevice['site'], other: PlainDevice['site']) =>
            Buffer.compare(bytes(one.country.name), bytes(other.country.name)) || byName(one, other),
          DEVICES: (one: PlainDevice['site'], other: PlainDevice['site']) =>
            active(one.id) - active(other.id) || byName(one, other),
        }
        const countries = [...new Map(sites.map(({ country }) => [country.id, country])).values()]
        for (const filter of [{}, ...filters]) {
          const wanted = sites.filter((site) => matchesSite(site, filter))
          expect(await inventory.countSites(filter)).toBe(wanted.length)
          expect(
            await inventory.sitesOfCountries(
              countries.map(({ id }) => id),
              filter,
            ),
          ).toHaveLength(wanted.length)
          for (const field of ['NAME', 'COUNTRY', 'DEVICES'] as const) {
            const ids = wanted.toSorted(orders[field]).map(({ id }) => id)
            const orderBy = { field, direction: 'DESC' } as const
            const last = await inventory.pageOfSites({ filter, orderBy, page: { last: 3 } })
            const rest = await inventory.pageOfSites({
              filter,
              orderBy,
              page: { first: 99, before: last.cursors[0] },
            })
            const found = [...(last.hasPreviousPage ? rest.items : []), ...last.items]
            expect(found.map(({ id }) => id)).toEqual(ids.reverse())
          }
          const { country } = filter
          if (!country) continue
          const matching = countries.filter((one) => matchesCountry(one, country)).map(({ name }) => name)
          const names = (await inventory.countries(country)).map(({ name }) => name)
          expect(names).toEqual(matching.sort((one, other) => Buffer.compare(bytes(one), bytes(other))))
        }
      },
    ),
    { numRuns: propertyRuns(1) },
  )
})
