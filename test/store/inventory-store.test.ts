import { describe, expect, it } from 'vitest'
import { newStore, record, sync } from './support/fixture.ts'

describe('countries and sites', () => {
  const RECORDS = [
    record('France/Paris/r1', { region: 'EMEA' }),
    record('France/Lyon/r1', { region: 'EMEA' }),
    record('France/Lyon/r2', { region: 'EMEA' }),
    record('Japan/Tokyo/r1', { region: 'APAC' }),
    record('Texas/Paris/r1'),
  ]

  it('finds them by name and by id', async () => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    const france = await store.inventory.countryByName('France')
    expect(await store.inventory.countriesByIds([france?.id ?? 0, 999])).toEqual([france])
    expect(await store.inventory.countryByName('france')).toBeNull()

    const both = await store.inventory.sitesByName('Paris')
    expect(both).toHaveLength(2)
    const inTexas = await store.inventory.sitesByName('Paris', 'Texas')
    expect(inTexas).toEqual([both[1]])
    expect(await store.inventory.sitesByIds(inTexas.map(({ id }) => id))).toEqual(inTexas)
  })

  it('lists the sites of all countries in one statement, by name', async () => {
    const { store, statements } = await newStore()
    await sync(store, RECORDS)
    const countries = await store.inventory.countries()
    statements.length = 0
    const sites = await store.inventory.sitesOfCountries(countries.map(({ id }) => id))
    expect(statements).toHaveLength(1)
    expect(sites.map(({ name }) => name)).toEqual(['Lyon', 'Paris', 'Paris', 'Tokyo'])
    const filter = { country: { region: { eq: 'EMEA' } }, name: { startsWith: 'P' } }
    expect(
      await store.inventory.sitesOfCountries(
        countries.map(({ id }) => id),
        filter,
      ),
    ).toEqual([sites.find(({ name, countryId }) => name === 'Paris' && countryId === countries[0]?.id)])
  })

  it('accepts more ids than SQLite allows variables', async () => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    const ids = Array.from({ length: 50_000 }, (_, index) => index)
    expect(await store.inventory.sitesByIds(ids)).toHaveLength(4)
  })

  it.each([
    [{ name: { in: ['France', 'Texas', 'Atlantis'] } }, ['France', 'Texas']],
    [{ name: { in: [] } }, []],
    [{ region: { eq: 'APAC' } }, ['Japan']],
    [{ not: { region: { eq: 'APAC' } } }, ['France', 'Texas']],
    [
      { name: { contains: 'a' }, or: [{ region: { eq: 'APAC' } }, { name: { eq: 'Texas' } }] },
      ['Japan', 'Texas'],
    ],
    [{ or: [] }, []],
    [{ or: null, not: null, name: null }, ['France', 'Japan', 'Texas']],
  ])('countries that match %j', async (filter, expected) => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    expect((await store.inventory.countries(filter)).map(({ name }) => name)).toEqual(expected)
  })

  it.each([
    ['NAME', 'ASC', ['Lyon', 'Paris', 'Paris', 'Tokyo']],
    ['COUNTRY', 'ASC', ['Lyon', 'Paris', 'Tokyo', 'Paris']],
    ['COUNTRY', 'DESC', ['Paris', 'Tokyo', 'Paris', 'Lyon']],
    ['DEVICES', 'DESC', ['Lyon', 'Tokyo', 'Paris', 'Paris']],
  ] as const)('pages of sites by %s %s', async (field, direction, expected) => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    const names: string[] = []
    let after: string | undefined
    do {
      const page = await store.inventory.pageOfSites({
        orderBy: { field, direction },
        page: { first: 1, after },
      })
      names.push(...page.items.map(({ name }) => name))
      after = page.hasNextPage ? page.cursors[0] : undefined
    } while (after)
    expect(names).toEqual(expected)
    expect(await store.inventory.countSites()).toBe(4)
    expect(await store.inventory.countSites({ name: { eq: 'Paris' } })).toBe(2)
  })

  it('counts only active devices if sites are ordered by their number', async () => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    await sync(
      store,
      RECORDS.filter(({ site }) => site !== 'Lyon'),
    )
    const page = await store.inventory.pageOfSites({
      orderBy: { field: 'DEVICES', direction: 'ASC' },
      page: { first: 1 },
    })
    expect(page.items).toMatchObject([{ name: 'Lyon' }])
  })
})

describe('a country and its sites', () => {
  it('are found by their names in any Unicode normal form', async () => {
    const { store } = await newStore()
    await sync(store, [record('Österreich/Gänserndorf/r1')])
    const [country, site] = ['Österreich\u00a0', 'Gänserndorf\u200b'].map((name) => name.normalize('NFD'))
    expect(await store.inventory.countryByName(country ?? '')).toMatchObject({ name: 'Österreich' })
    expect(await store.inventory.sitesByName(site ?? '', country)).toMatchObject([{ name: 'Gänserndorf' }])
  })
})
