import { describe, expect, test } from 'vitest'
import { fra, useInventoryFiles } from '../support/inventory-file.ts'

const files = useInventoryFiles()

describe('a repeated key in an object of JSON', () => {
  const problem = 'a key stands for the second time in its object.'
  test.each([
    ['country', '{"Germany":{"FRA1":{"r1":"r1"}},\n"Germany":{"FRA1":{"r2":"r2"}}}', 'line 2, column 1'],
    ['site', '{"Germany":{"FRA1":{"r1":"r1"},"FRA1":{"r2":"r2"}}}', 'line 1, column 32'],
    ['device', '{"Germany":{"FRA1":{"r1":"r1",\n  "r1":"r2"}}}', 'line 2, column 3'],
    ['field', '[{"name":"r1","address":"r1","address":"r2"}]', 'line 1, column 30'],
    ['field that nobody asked for', '[{"name":"r1","x":{"y":1,"y":1}}]', 'line 1, column 26'],
  ])('fails the document: a %s', async (_, content, place) => {
    await expect(files.fetchFrom('a.json', content)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `a.json is not valid JSON at ${place}: ${problem}`,
    })
  })

  test('rejects a line of NDJSON', async () => {
    const { rejected } = await files.fetchFrom(
      'a.ndjson',
      `${JSON.stringify(fra)}\n{"name":"a","name":"b"}\n`,
    )
    expect(rejected).toMatchObject([
      { position: 2, reason: `Line 2 is not valid JSON at column 13: ${problem}` },
    ])
  })

  test('is no problem in two objects', async () => {
    const content = '{"A":{"S":{"r":"r1.example"}},"B":{"S":{"r":"r2.example"}, "r\\"":{}, "\\\\":{}}}'
    expect((await files.fetchFrom('a.json', content)).records).toHaveLength(2)
  })
})

describe('numbers are kept as they were written', () => {
  const numbers = ['3791411052119578828', '3791411052119578829', '1.0', '1e3', '-0', '0.10', '7']
  const written = (number: string, index: number) =>
    `{"key": ${number}, "name": ${number}, "site":${number},"address":"r${index}","country":"c","port":830.0, "x": [${number}]}`
  test.each([
    ['a.ndjson', numbers.map(written).join('\n')],
    ['a.json', `[${numbers.map(written).join(',')}]`],
    [
      'a.yaml',
      numbers.map((number, index) => `- ${written(number, index).replace('830.0', '830')}`).join('\n'),
    ],
  ])('%s', async (file, content) => {
    const { records, rejected } = await files.fetchFrom(file, content)
    expect(rejected).toEqual([])
    expect(records.map(({ key, name, site, port }) => [key, name, site, port])).toEqual(
      numbers.map((number) => [number, number, number, 830]),
    )
  })

  test('also if they are no text', async () => {
    const content = `[{"name":"r","site":"s","address":12345678901234567890,"country":1.0,"port":1e9}, 12345678901234567890]`
    expect((await files.fetchFrom('a.json', content)).rejected).toMatchObject([
      {
        record: '{"name":"r","site":"s","address":"12345678901234567890","country":"1.0","port":"1e9"}',
        reason: expect.stringContaining('"port" is 1000000000, which is not a whole number'),
      },
      { reason: 'It is not an object.' },
    ])
  })

  test('a number is not accepted as a device of a hierarchy', async () => {
    const { rejected } = await files.fetchFrom('a.json', '{"c":{"s":{"r":12345678901234567890}}}')
    expect(rejected).toMatchObject([{ reason: expect.stringContaining('"address" is') }])
  })
})

describe('an object with too many keys', () => {
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')
  const record = (count: number) => `{${JSON.stringify(fra).slice(1, -1)},${keys(count)}}`
  const fields = Object.keys(fra).length
  const problem = 'an object has more than 1,000 keys.'

  test('fails a list of records', async () => {
    await expect(files.fetchFrom('a.json', `[${record(1_001 - fields)}]`)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringMatching(`^a.json is too complex at line 1, column \\d+: ${problem}$`),
    })
    expect((await files.fetchFrom('a.json', `[${record(1_000 - fields)}]`)).records).toHaveLength(1)
  })

  test.each([
    ['a device of a hierarchy', `{"c":{"s":{"r":{${keys(1_001)}}}}}`],
    ['a list of a hierarchy', `{"c":[{${keys(1_001)}}]}`],
    ['a field of a record', `[{"x":{"y":{${keys(1_001)}}}}]`],
  ])('fails a document: %s', async (_, content) => {
    await expect(files.fetchFrom('a.json', content)).rejects.toThrow(problem)
  })

  test('rejects a line of NDJSON', async () => {
    const { records, rejected } = await files.fetchFrom(
      'a.ndjson',
      `${record(1_001)}\n${JSON.stringify(fra)}\n`,
    )
    expect(records).toHaveLength(1)
    expect(rejected).toMatchObject([
      { position: 1, reason: expect.stringMatching(/^Line 1 is too complex at column \d+: an object has/) },
    ])
  })

  test('fails CSV with as many columns', async () => {
    const columns = Array.from({ length: 1_000 }, (_, index) => `c${index}`).join(',')
    await expect(files.fetchFrom('a.csv', `name,address,site,country,${columns}\n`)).rejects.toThrow(
      'a.csv has more than 1,000 columns in its first row; leave out those that Rollcall does not need.',
    )
  })

  test.each([
    ['devices of a site', (names: string[]) => ({ c: { s: Object.fromEntries(names.map((n) => [n, n])) } })],
    [
      'sites of a country',
      (names: string[]) => ({ c: Object.fromEntries(names.map((n) => [n, { r: `${n}.x` }])) }),
    ],
    ['countries', (names: string[]) => Object.fromEntries(names.map((n) => [n, { s: { r: `${n}.x` } }]))],
  ])('may be a level of a hierarchy: %s', async (_, hierarchy) => {
    const names = Array.from({ length: 1_001 }, (_name, index) => `n${index}.example`)
    const content = JSON.stringify(hierarchy(names))
    expect((await files.fetchFrom('a.json', content)).records).toHaveLength(1_001)
    expect((await files.fetchFrom('a.yaml', content)).records).toHaveLength(1_001)
  })
})

test.each([
  ['a.json', '['.repeat(200_000)],
  ['a.json', `${'['.repeat(200_000)}1.0${']'.repeat(200_000)}`],
  ['a.yaml', '['.repeat(20_000)],
])('a text that is nested too deeply is a failure of the source: %s', async (file, content) => {
  await expect(files.fetchFrom(file, content)).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
})
