import { describe, expect, it } from 'vitest'
import { EVERYTHING, isEverything, scopeCovers } from '../../src/refresh/scope.ts'
import type { RefreshScope } from '../../src/store/refresh-store.ts'

/** Country 1 has the sites 11 and 12, country 2 the site 21; the devices 111 and 112 are at 11, 121 at 12, 211 at 21. */
const PLACES = {
  countryOfSite: new Map([
    [11, 1],
    [12, 1],
    [21, 2],
  ]),
  siteOfDevice: new Map([
    [111, 11],
    [112, 11],
    [121, 12],
    [211, 21],
  ]),
}

function scope(fields: Partial<RefreshScope>): RefreshScope {
  return { ...EVERYTHING, ...fields }
}

describe('isEverything', () => {
  it('is true for empty lists', () => {
    expect(isEverything(EVERYTHING)).toBe(true)
    expect(isEverything(scope({ countryIds: [1] }))).toBe(false)
    expect(isEverything(scope({ siteIds: [11] }))).toBe(false)
    expect(isEverything(scope({ deviceIds: [111] }))).toBe(false)
  })
})

describe('scopeCovers', () => {
  it.each<[string, Partial<RefreshScope>, Partial<RefreshScope>, boolean]>([
    ['everything, everything', {}, {}, true],
    ['everything, some', {}, { countryIds: [1], siteIds: [21], deviceIds: [211] }, true],
    ['some, everything', { countryIds: [1, 2] }, {}, false],
    ['a country, itself', { countryIds: [1] }, { countryIds: [1] }, true],
    ['a country, another', { countryIds: [1] }, { countryIds: [2] }, false],
    ['two countries, one', { countryIds: [1, 2] }, { countryIds: [2] }, true],
    ['one country, two', { countryIds: [1] }, { countryIds: [1, 2] }, false],
    ['a country, its site', { countryIds: [1] }, { siteIds: [12] }, true],
    ['a country, a site elsewhere', { countryIds: [1] }, { siteIds: [12, 21] }, false],
    ['a country, its device', { countryIds: [1] }, { deviceIds: [121] }, true],
    ['a country, a device elsewhere', { countryIds: [1] }, { deviceIds: [121, 211] }, false],
    ['a site, its country', { siteIds: [21] }, { countryIds: [2] }, false],
    ['a site, itself', { siteIds: [11] }, { siteIds: [11] }, true],
    ['a site, its devices', { siteIds: [11] }, { deviceIds: [111, 112] }, true],
    ['a site, a device elsewhere', { siteIds: [11] }, { deviceIds: [121] }, false],
    ['a device, itself', { deviceIds: [111] }, { deviceIds: [111] }, true],
    ['a device, its site', { deviceIds: [111] }, { siteIds: [11] }, false],
    ['devices, one of them', { deviceIds: [111, 121] }, { deviceIds: [121] }, true],
    ['a mixture, what it names', { countryIds: [2], deviceIds: [111] }, { deviceIds: [111, 211] }, true],
    ['a mixture, more', { countryIds: [2], deviceIds: [111] }, { deviceIds: [112, 211] }, false],
  ])('%s', (_name, outer, inner, covered) => {
    expect(scopeCovers(scope(outer), scope(inner), PLACES)).toBe(covered)
  })
})
