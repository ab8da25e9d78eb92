import { describe, expect, it } from 'vitest'
import { checkInventory } from '../../src/inventory/check-inventory.ts'
import { flattenHierarchy } from '../../src/inventory/hierarchy.ts'
import { HierarchyText } from '../../src/inventory/hierarchy-text.ts'
import type { InventoryRecord } from '../../src/inventory/record.ts'
import { record } from '../store/support/fixture.ts'

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
  it('is the nesting, a line for each device', () => {
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
    'says the same addresses when it is read again, written %i at a time',
    (pieceSize) => {
      const { records, rejected } = readAgain(written(RECORDS, pieceSize))
      expect(rejected).toEqual([])
      const unsaid = { region: null, platform: null, credential: null, key: null, port: DEFAULT_PORT }
      expect(records).toEqual(RECORDS.map((each) => ({ ...each, ...unsaid })))
    },
  )
})
