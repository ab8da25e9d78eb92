import { expect, test } from 'vitest'
import type { KnownDevice } from '../../src/inventory/diff.ts'
import { planInventory } from '../../src/inventory/plan.ts'
import { rankOf } from '../../src/inventory/precedence.ts'
import type { InventoryRecord } from '../../src/inventory/record.ts'
import { atOnce } from '../support/at-once.ts'

function at(country: string, site: string, index: number): InventoryRecord {
  const nothing = { key: null, region: null, platform: null, credential: null }
  return { ...nothing, name: `r${index}`, address: `10.0.0.${index}`, port: 830, site, country }
}

function warningsOf(places: string[], known: KnownDevice[] = []): string[] {
  const records = places.map((place, index) => {
    const [country = '', site = ''] = place.split('/')
    return at(country, site, index + 1)
  })
  return atOnce(planInventory(known, { records, rejected: [] }, rankOf('global', ['global', 'lab']))).warnings
}

test('two names of one ISO code cause a warning, names of different codes do not', () => {
  expect(warningsOf(['Germany/A', 'GERMANY/B', 'DE/C', 'Niger/D', 'Nigeria/E'])).toEqual([
    'The countries "Germany", "GERMANY" and "DE" have the same ISO code, DE. Name them alike in the source or in its "countryAliases".',
  ])
})

test('names of countries without a code cause a warning if only their case differs', () => {
  expect(warningsOf(['Lab/A', 'LAB/B', 'Lab 2/C'])).toEqual([
    'The countries "Lab" and "LAB" differ only in case. Name them alike in the source or in its "countryAliases".',
  ])
})

test("the countries of another source's devices count, unless the answer has none of the group", () => {
  const theirs = { id: 1, lifecycle: 'ACTIVE', source: 'lab', decommissionedBy: null } as const
  const known = [
    { ...at('USA', 'X', 50), ...theirs },
    { ...at('DE', 'X', 51), ...theirs },
    { ...at('Deutschland', 'X', 52), ...theirs },
  ]
  expect(warningsOf(['United States/A'], known)).toEqual([
    expect.stringContaining('"United States" and "USA"'),
  ])
  expect(
    warningsOf(['United States/A'], [{ ...at('USA', 'X', 50), ...theirs, lifecycle: 'DECOMMISSIONED' }]),
  ).toEqual([])
})

test('sites of one country whose names differ only in case cause a warning', () => {
  expect(warningsOf(['France/Paris', 'France/PARIS', 'Gabon/paris'])).toEqual([
    'The sites "Paris" and "PARIS" of France differ only in case. Name them alike in the source.',
  ])
})

test('twenty warnings are listed, and the number of the others', () => {
  const sites = Array.from({ length: 25 }, (_, index) => [`France/a${index}`, `France/A${index}`]).flat()
  expect(warningsOf(sites)).toHaveLength(21)
  expect(warningsOf(sites).at(-1)).toBe('There are 5 more warnings of this kind.')
})
