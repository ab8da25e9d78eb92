import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { InventoryFormat } from '../../src/sources/formats/inventory-format.ts'
import { readInventory } from '../../src/sources/formats/read-inventory.ts'

const options = {
  rules: { fields: {}, defaultPort: 830 },
  subject: 'it',
  maxDocumentBytes: 1e6,
  signal: new AbortController().signal,
}
const record = { name: 'zürich-1', address: '10.0.0.1', site: 'Zürich', country: 'Schweiz' }
const csv = `${Object.keys(record)}\r\n${Object.values(record)}\r\n`
const texts: [InventoryFormat, string][] = [
  ['json', JSON.stringify([record])],
  ['ndjson', `${JSON.stringify(record)}\n`],
  ['csv', csv],
  ['yaml', '- { name: zürich-1, address: 10.0.0.1, site: Zürich, country: Schweiz }\n'],
]

/** Reads bytes that arrive one by one. */
const read = (format: InventoryFormat, bytes: Buffer) =>
  readInventory(format, Readable.from(Array.from(bytes, (byte) => Uint8Array.of(byte))), options)

const big = (text: string) => Buffer.from(text, 'utf16le').swap16()

test.each(texts)('%s may be in UTF-8 or UTF-16, with a byte order mark or without', async (format, text) => {
  const encoded = [text, `\ufeff${text}`].flatMap((each) => [
    Buffer.from(each),
    Buffer.from(each, 'utf16le'),
    big(each),
  ])
  for (const bytes of encoded) {
    expect(await read(format, bytes)).toMatchObject({ records: [record], rejected: [] })
  }
})

test.each([
  ['Windows-1252', Buffer.from(csv, 'latin1'), 'it is not UTF-8 text; save it as UTF-8.'],
  [
    'UTF-16 that ends within a character',
    Buffer.from(csv, 'utf16le').subarray(0, -1),
    'it is not valid UTF-16 text; save it as UTF-8.',
  ],
])('fails on %s', async (_, bytes, message) => {
  await expect(read('csv', bytes)).rejects.toMatchObject({ code: 'SOURCE_FAILED', message })
})
