import { expect, test } from 'vitest'
import { countryCode } from '../../src/inventory/country-code.ts'

test.each([
  ['Germany', 'DE'],
  ['germany ', 'DE'],
  ['United Kingdom', 'GB'],
  ['UK', 'GB'],
  ['US', 'US'],
  ['us', 'US'],
  ['Turkiye', 'TR'],
  ["Cote d'Ivoire", 'CI'],
  ['Bosnia and Herzegovina', 'BA'],
  ['Hong Kong', 'HK'],
])('%s is %s', (name, code) => {
  expect(countryCode(name)).toBe(code)
})

test.each(['', 'Atlantis', 'European Union', 'EU', 'UN', 'ZZ', 'XK', 'East Germany', 'DD', 'constructor'])(
  '%s is no country of ISO 3166-1',
  (name) => {
    expect(countryCode(name)).toBeNull()
  },
)

test('every code that ISO 3166-1 assigns is its own name', () => {
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  const codes = letters.flatMap((first) => letters.map((second) => first + second))
  expect(codes.filter((code) => countryCode(code) === code)).toHaveLength(249)
})
