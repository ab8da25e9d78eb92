import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { InventoryFormat } from '../../../src/sources/formats/inventory-format.ts'
import { readInventory } from '../../../src/sources/formats/read-inventory.ts'

const never = new AbortController().signal

function read(format: InventoryFormat, text: string, signal = never) {
  const bytes = Buffer.from(text)
  const pieces = [bytes.subarray(0, 100_001), bytes.subarray(100_001)]
  const rules = { fields: {}, defaultPort: 830 }
  return readInventory(format, Readable.from(pieces), {
    rules,
    subject: 'it',
    maxDocumentBytes: 10_000_000,
    signal,
  })
}

const given = (name: string) => ({ name, address: '10.0.0.300', site: 'Zürich', country: 'Schweiz' })
const recordsOf = (length: number) =>
  Array.from({ length }, (_, index) => ({ ...given(`r${index}`), address: `r${index}.example` }))
const records = recordsOf(200)
/** More than a document may have to be read without a thread. */
const padding = 'ü'.repeat(256 * 1024)

describe('a large document', () => {
  test.each([
    ['json', JSON.stringify([...records, given('bad')])],
    ['yaml', JSON.stringify([...records, given('bad')])],
    [
      'json',
      JSON.stringify({ Schweiz: { Zürich: Object.fromEntries(records.map((each) => [each.name, each])) } }),
    ],
  ] as const)('results in the same records as a small one: %s', async (format, text) => {
    const large = await read(format, text.replace('"address"', `"ignored":"${padding}","address"`))
    expect(large).toEqual(await read(format, text))
    expect(large.records).toHaveLength(records.length)
  })

  test.each([
    [
      'json',
      `["${padding}",]`,
      'it is not valid JSON at line 1, column 262149: "]" stands where a value must.',
    ],
    [
      'yaml',
      `- "${padding}"\n- a: 1\n  a: 2\n`,
      'it is not valid YAML at line 3, column 3: the key "a" is there already; remove one of them.',
    ],
    ['json', `["${padding.repeat(40)}"]`, /^it is larger than 10 MiB; /],
  ] as const)('fails with the same message as a small one: %s %#', async (format, text, message) => {
    await expect(read(format, text)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringMatching(message),
    })
  })

  test('is parsed in another thread than that of the API', async () => {
    const text = `# ${padding}\n${recordsOf(2_000)
      .map((record) => `- ${JSON.stringify(record)}\n`)
      .join('')}`
    const own = process.threadCpuUsage()
    const all = process.cpuUsage()
    await read('yaml', text.replaceAll('":"', '": "'))
    const { user } = process.threadCpuUsage(own)
    expect(user).toBeLessThan(process.cpuUsage(all).user / 2)
  })

  test('is abandoned when the fetch is aborted', async () => {
    const controller = new AbortController()
    const reading = read('yaml', `["${padding}", ${'[], '.repeat(300_000)}]`, controller.signal)
    setImmediate(() => controller.abort(new Error('stopped')))
    await expect(reading).rejects.toThrow('stopped')
  })
})
