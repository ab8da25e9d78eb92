import { describe, expect, it, test } from 'vitest'
import { checkInventory } from '../../src/inventory/check-inventory.ts'
import { flattenHierarchy, HierarchyText, isHierarchy } from '../../src/inventory/hierarchy.ts'
import type { InventoryRecord } from '../../src/inventory/record.ts'
import { record } from '../store/support/fixture.ts'

test('the devices of a hierarchy become records in their order', () => {
  const hierarchy = {
    Germany: { fra: { r1: '10.0.0.1', r2: '10.0.0.2' }, ber: {} },
    Japan: { tyo: { r1: null } },
  }
  expect(isHierarchy(hierarchy)).toBe(true)
  expect([...flattenHierarchy(hierarchy)]).toEqual([
    { raw: { country: 'Germany', site: 'fra', name: 'r1', address: '10.0.0.1' } },
    { raw: { country: 'Germany', site: 'fra', name: 'r2', address: '10.0.0.2' } },
    { raw: { country: 'Japan', site: 'tyo', name: 'r1', address: null } },
  ])
})

test('a device may be an object with further fields; the levels take precedence over its fields', () => {
  const hierarchy = {
    Germany: {
      fra: { r1: { address: '10.0.0.1', port: 2022, region: 'EMEA', name: 'r7', site: 'x' }, r2: {} },
    },
  }
  expect([...flattenHierarchy(hierarchy)]).toEqual([
    {
      raw: { country: 'Germany', site: 'fra', name: 'r1', address: '10.0.0.1', port: 2022, region: 'EMEA' },
    },
    { raw: { country: 'Germany', site: 'fra', name: 'r2' } },
  ])
})

test('a wrong value at the level of sites or devices is rejected with its place, and the rest is read', () => {
  const hierarchy = { Germany: { fra: '10.0.0.1', ber: { r1: '10.0.0.2' } }, Japan: ['tyo'] }
  expect(isHierarchy(hierarchy)).toBe(true)
  expect([...flattenHierarchy(hierarchy)]).toEqual([
    {
      place: { country: 'Germany', site: 'fra' },
      reason: 'Under "Germany", "fra" stands no mapping of devices to their addresses.',
    },
    { raw: { country: 'Germany', site: 'ber', name: 'r1', address: '10.0.0.2' } },
    { place: { country: 'Japan' }, reason: 'Under "Japan" stands no mapping of sites.' },
  ])
})

test.each([[{}], [{ Germany: {} }], [{ Germany: { fra: {} } }]])('may be without devices: %j', (value) => {
  expect(isHierarchy(value)).toBe(true)
})

test.each([
  [null],
  [[]],
  ['text'],
  [{ devices: [] }],
  [{ error: { code: 401 } }],
  [{ Germany: {}, Japan: 1 }],
])('is not a hierarchy: %j', (value) => {
  expect(isHierarchy(value)).toBe(false)
})

const DEFAULT_PORT = 830

/** The text in pieces of so many records. */
function written(records: readonly InventoryRecord[], pieceSize: number): string {
  const hierarchy = new HierarchyText()
  let text = ''
  for (let from = 0; from < records.length; from += pieceSize)
    text += hierarchy.add(records.slice(from, from + pieceSize))
  return text + hierarchy.end()
}

/** What an inventory that holds the text says. */
function readAgain(text: string) {
  const entries = [...flattenHierarchy(JSON.parse(text))]
  const raw = entries.map((entry) => ('raw' in entry ? entry.raw : entry))
  return checkInventory(raw, { fields: {}, defaultPort: DEFAULT_PORT })
}

const RECORDS = [
  record('Austria/Graz/a1', { address: '192.0.2.1' }),
  record('Austria/Graz/a2', { address: '192.0.2.4', port: 2022 }),
  record('Austria/Wien/a1', { platform: 'iosxe', credential: 'core', key: '17' }),
  record('Brazil/Graz/b1', { address: '2001:db8::1', region: 'LATAM' }),
  record('Brazil/Graz/b2', { region: 'LATAM' }),
  record('__proto__/__proto__/__proto__', { address: '192.0.2.2' }),
  record('__proto__/constructor/7', { address: '192.0.2.3', platform: '</script>"\\\u2028x' }),
]

describe('the text of a hierarchy', () => {
  it('has one line for each device', () => {
    const text = `{
  "Austria": {
    "Graz": {
      "a1": "192.0.2.1",
      "a2": "192.0.2.4"
    },
    "Wien": {
      "a1": "a1.example.net"
    }
  },
  "Brazil": {
    "Graz": {
      "b1": "2001:db8::1",
      "b2": "b2.example.net"
    }
  }
}
`
    expect(written(RECORDS.slice(0, 5), 100)).toBe(text)
    expect(written(RECORDS.slice(0, 5), 1)).toBe(text)
    expect(written([], 1)).toBe('{}\n')
  })

  it.each([1, 2, 3, 100])(
    'contains the same addresses when it is read again, written %i records at a time',
    (pieceSize) => {
      const { records, rejected } = readAgain(written(RECORDS, pieceSize))
      expect(rejected).toEqual([])
      const unsaid = { region: null, platform: null, credential: null, key: null, port: DEFAULT_PORT }
      expect(records).toEqual(RECORDS.map((each) => ({ ...each, ...unsaid })))
    },
  )
})
