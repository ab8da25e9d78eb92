import { expect, it } from 'vitest'
import { DEVICE_FILTER } from '../../src/console/lib/device-filter.ts'
import { filterText, literal, termText } from '../../src/console/lib/filter-text.ts'
import type { DeviceFilter } from '../../src/store/query/filters.ts'
import { matchesDevice } from '../store/support/plain-filter.ts'
import type { PlainDevice } from '../store/support/plain-fleet.ts'

const DEVICES = ['FRA', 'BER'].flatMap((site) =>
  (['SUPPORTED', 'TIMEOUT', 'AUTH_FAILED'] as const).map(
    (outcome): PlainDevice => ({
      id: 1,
      name: `${site}-${outcome}`,
      address: '192.0.2.1',
      platform: site === 'FRA' ? 'junos' : 'iosxe',
      vendor: null,
      model: null,
      osVersion: null,
      lifecycle: 'ACTIVE',
      outcome,
      phase: 'CLOSE',
      keyChanged: null,
      credential: null,
      backOffUntil: null,
      probedAt: 1,
      seenAt: 1,
      capabilities: null,
      site: { id: 1, name: site, country: { id: 1, name: 'Germany', region: null } },
    }),
  ),
)

function matching(text: string): string[] {
  const filter = DEVICE_FILTER.filter(DEVICE_FILTER.parse(text).terms)
  return DEVICES.filter((device) => matchesDevice(device, filter as DeviceFilter)).map(({ name }) => name)
}

it.each([
  ['site:FRA', ['FRA-SUPPORTED', 'FRA-TIMEOUT', 'FRA-AUTH_FAILED']],
  ['site:FRA outcome:timeout', ['FRA-TIMEOUT']],
  ['outcome:timeout outcome:auth_failed site:BER', ['BER-TIMEOUT', 'BER-AUTH_FAILED']],
  ['site:FRA site:MUC outcome:timeout outcome:supported', ['FRA-SUPPORTED', 'FRA-TIMEOUT']],
  ['platform:junos platform:x outcome:timeout outcome:supported site:BER site:y', []],
  ['-outcome:timeout -site:BER', ['FRA-SUPPORTED', 'FRA-AUTH_FAILED']],
  ['site:FRA country:Germany -outcome:timeout -outcome:supported', ['FRA-AUTH_FAILED']],
])('matches any value of a key, and all keys: %s', (text, names) => {
  expect(matching(text)).toEqual(names)
})

it('writes terms so that they parse to the same terms', () => {
  const text = 'site:"New York" -outcome:timeout name:*core*'
  expect(filterText(DEVICE_FILTER.parse(text).terms)).toBe(text)
})

it.each([
  'Korea, Republic of',
  'a,b',
  'Star*Land',
  '*',
  'back\\slash',
  'ends\\',
  '\\,',
  'two words',
  'say "hi", she said',
  '"',
  'key:value',
  '-minus',
  '100%',
])('writes a term that means exactly this name: %s', (name) => {
  const text = termText({ key: 'country', value: literal(name), isNegated: false })
  const { terms, problems } = DEVICE_FILTER.parse(text)
  expect(problems).toEqual([])
  expect(DEVICE_FILTER.filter(terms)).toEqual({ site: { country: { name: { eq: name } } } })
  expect(filterText(terms)).toBe(text)
})

it.each([
  ['country:"Korea, Republic of"', { site: { country: { name: { eq: 'Korea, Republic of' } } } }],
  ['site:a,b', { site: { name: { in: ['a', 'b'] } } }],
  ['site:"New Y*"', { site: { name: { startsWith: 'New Y' } } }],
  ['site:"a\\*b"', { site: { name: { eq: 'a*b' } } }],
  ['outcome:"timeout, unreachable"', { outcome: ['TIMEOUT', 'UNREACHABLE'] }],
  ['capability:"candidate,x"', { hasCapability: { uri: { contains: 'candidate,x' } } }],
  ['1,2', { name: { contains: '1,2' } }],
])('reads a comma as a separator only outside of quotes: %s', (text, filter) => {
  expect(DEVICE_FILTER.filter(DEVICE_FILTER.parse(text).terms)).toEqual(filter)
})
