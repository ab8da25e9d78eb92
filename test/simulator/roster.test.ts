import { expect, test } from 'vitest'
import { drawRoster } from '../../src/simulator/roster.ts'

test.each([
  { devices: 1, sites: 1, countries: 1 },
  { devices: 25, sites: 3, countries: 1 },
  { devices: 1_000, sites: 100, countries: 20 },
  { devices: 60_000, sites: 6_000, countries: 24 },
])('$devices devices are at $sites sites of $countries countries, each with a unique name', (size) => {
  const roster = drawRoster(size.devices)
  expect(roster.length).toBe(size.devices)
  expect(new Set(roster.map(({ name }) => name)).size).toBe(size.devices)
  expect(new Set(roster.map(({ country, site }) => `${country}/${site}`)).size).toBe(size.sites)
  expect(new Set(roster.map(({ country }) => country)).size).toBe(size.countries)
})

test('names contain the site and the role', () => {
  expect(drawRoster(10).map(({ name }) => name)).toEqual([
    'fra-core-01',
    'fra-core-02',
    'fra-edge-01',
    'fra-edge-02',
    'fra-agg-01',
    'fra-agg-02',
    'fra-acc-01',
    'fra-acc-02',
    'fra-fw-01',
    'fra-oob-01',
  ])
})

test('a country has the same region in every record', () => {
  const regions = new Map<string, Set<string>>()
  for (const { country, region } of drawRoster(2_000)) {
    regions.set(country, (regions.get(country) ?? new Set()).add(region))
  }
  expect([...regions.values()].filter((found) => found.size !== 1)).toEqual([])
})
