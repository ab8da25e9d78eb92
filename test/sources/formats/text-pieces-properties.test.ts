import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkInventory } from '../../../src/inventory/check-inventory.ts'
import type { InventoryFormat } from '../../../src/sources/formats/inventory-format.ts'
import { readInventory } from '../../../src/sources/formats/read-inventory.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { never } from '../support/inventory-file.ts'

describe('a text that is read piece by piece results in the same records as the whole text', () => {
  // CSV takes an apostrophe before a number or a formula, and ="…", for marks of a spreadsheet.
  const isMarked = (name: string) => /^\s*('(\d|[=+@-])|=")/.test(name)
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => !isMarked(text))
  const names = fc.array(name, { maxLength: 20 })
  const read = async (format: InventoryFormat, bytes: Uint8Array, cuts: readonly number[]) => {
    const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
    const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
    const options = {
      rules: { fields: {}, defaultPort: 830 },
      subject: 'it',
      maxDocumentBytes: 1e6,
      signal: never,
    }
    return readInventory(format, Readable.from(pieces), options)
  }

  test('NDJSON and CSV, wherever they are cut', async () => {
    const property = fc.asyncProperty(names, fc.array(fc.nat(), { maxLength: 8 }), async (given, cuts) => {
      const records = given.map((name, index) => ({ name, address: `r${index}`, site: 's', country: 'c' }))
      const lines = records.map((record) => JSON.stringify(record)).join('\n')
      const rows = records.map((record) => Object.values(record).map(quoted).join(',')).join('\r\n')
      const asCsv = Buffer.from(`name,address,site,country\r\n${rows}`)
      const whole = checkInventory(records, { fields: {}, defaultPort: 830 })
      expect(await read('ndjson', Buffer.from(lines), cuts)).toEqual(whole)
      const { records: fromCsv } = await read('csv', asCsv, cuts)
      expect(fromCsv).toEqual(whole.records)
    })
    await fc.assert(property, { numRuns: propertyRuns(80) })
  })

  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
})
