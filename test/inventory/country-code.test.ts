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
  ['DEU', 'DE'],
  ['Deutschland', 'DE'],
  ['Federal Republic of Germany', 'DE'],
  ['GERMANY', 'DE'],
  ['United States of America', 'US'],
  ['The United States', 'US'],
  ['USA', 'US'],
  ['U.S.A.', 'US'],
  ['Russian Federation', 'RU'],
  ['Czech Republic', 'CZ'],
  ['Czechia', 'CZ'],
  ['Türkiye', 'TR'],
  ['Turkey', 'TR'],
  ['Republic of Türkiye', 'TR'],
  ['Republic of Korea', 'KR'],
  ['Korea, Republic of', 'KR'],
  ['South Korea', 'KR'],
  ['North Korea', 'KP'],
  ['Viet Nam', 'VN'],
  ['U.K.', 'GB'],
  ['Great Britain', 'GB'],
  ['United Kingdom of Great Britain and Northern Ireland', 'GB'],
  ['Holland', 'NL'],
  ['The Netherlands', 'NL'],
  ['Ivory Coast', 'CI'],
  ['Burma', 'MM'],
  ['Swaziland', 'SZ'],
  ['Macedonia', 'MK'],
  ['Cape Verde', 'CV'],
  ['Cabo Verde', 'CV'],
  ['Bolivia (Plurinational State of)', 'BO'],
  ['Iran, Islamic Republic of', 'IR'],
  ['Tanzania, United Republic of', 'TZ'],
  ['Moldova', 'MD'],
  ['Syrian Arab Republic', 'SY'],
  ["Lao People's Democratic Republic", 'LA'],
  ['Slovak Republic', 'SK'],
  ['Republic of China', 'TW'],
  ["People's Republic of China", 'CN'],
  ['Congo', 'CG'],
  ['Democratic Republic of the Congo', 'CD'],
  ['Bahamas', 'BS'],
  ['UAE', 'AE'],
  ['Macau', 'MO'],
  ['St. Lucia', 'LC'],
  ['Guinea Bissau', 'GW'],
  ['Micronesia (Federated States of)', 'FM'],
  ['Brunei Darussalam', 'BN'],
  ['Holy See', 'VA'],
  ['East Timor', 'TL'],
])('%s is %s', (name, code) => {
  expect(countryCode(name)).toBe(code)
})

test.each([
  '',
  'Atlantis',
  'European Union',
  'EU',
  'UN',
  'ZZ',
  'XK',
  'Kosovo',
  'East Germany',
  'DD',
  'constructor',
])('%s is not a country of ISO 3166-1', (name) => {
  expect(countryCode(name)).toBeNull()
})

test('every code that ISO 3166-1 assigns is accepted as a name', () => {
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  const codes = letters.flatMap((first) => letters.map((second) => first + second))
  expect(codes.filter((code) => countryCode(code) === code)).toHaveLength(249)
})
