import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { InventoryFormat } from '../../../src/sources/formats/inventory-format.ts'
import { readInventory } from '../../../src/sources/formats/read-inventory.ts'
import { turnsDuring } from '../../support/turns.ts'

const device = (index: number) => ({
  name: `r${index}`,
  address: `r${index}.example`,
  site: 's',
  country: 'c',
})
type Device = ReturnType<typeof device>

const hierarchyOf = (devices: readonly Device[]) => ({
  c: { s: Object.fromEntries(devices.map(({ name, address }) => [name, address])) },
})

test.each<[InventoryFormat, string, (devices: readonly Device[]) => string]>([
  ['json', 'a list', (devices) => JSON.stringify(devices)],
  ['json', 'a hierarchy', (devices) => JSON.stringify(hierarchyOf(devices))],
  ['yaml', 'a hierarchy', (devices) => JSON.stringify(hierarchyOf(devices))],
  ['ndjson', 'records', (devices) => devices.map((each) => `${JSON.stringify(each)}\n`).join('')],
  ['csv', 'rows', (devices) => rowsOf([Object.keys(device(0)), ...devices.map(Object.values)])],
])('the API gets its turns while records are read: %s, %s', async (format, _kind, textOf) => {
  const turnsFor = (count: number) =>
    turnsDuring(async () => {
      const text = textOf(Array.from({ length: count }, (_, index) => device(index)))
      // The text arrives as one piece, so that its arrival gives no turns.
      const { records } = await readInventory(format, Readable.from([Buffer.from(text)]), {
        rules: { fields: {}, defaultPort: 830 },
        subject: 'it',
        maxDocumentBytes: 10_000_000,
        signal: new AbortController().signal,
      })
      expect(records).toHaveLength(count)
    })
  const few = await turnsFor(200)
  // The clock is looked at after each record; in CSV after some dozen rows.
  if (format === 'csv') expect((await turnsFor(8_000)) - few).toBeGreaterThan(4)
  else expect((await turnsFor(2_000)) - few).toBeGreaterThan(180)
})

function rowsOf(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.join(',')}\n`).join('')
}
