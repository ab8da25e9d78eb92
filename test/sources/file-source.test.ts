import { execFile } from 'node:child_process'
import { appendFileSync, truncateSync } from 'node:fs'
import {
  appendFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { checkInventory } from '../../src/inventory/check-inventory.ts'
import type { FieldNames } from '../../src/inventory/check-record.ts'
import type { Inventory } from '../../src/inventory/record.ts'
import { createSource } from '../../src/sources/create-source.ts'
import type { InventoryFormat } from '../../src/sources/inventory-format.ts'
import { readInventory } from '../../src/sources/read-inventory.ts'
import { HandClock } from '../support/hand-clock.ts'
import { propertyRuns } from '../support/property-runs.ts'
import { writeSettled } from '../support/settled-file.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-sources-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const never = new AbortController().signal

function sourceOf(file: string, fields: FieldNames = {}, clock: Clock = systemClock) {
  return createSource(
    { name: 'global', type: 'file', path: join(folder, file), fields },
    { defaultPort: 830, clock },
  )
}

async function fetchFrom(file: string, content: string | Uint8Array, fields?: FieldNames) {
  await writeSettled(join(folder, file), content)
  return sourceOf(file, fields).fetch(never)
}

const fra = { name: 'fra-01', address: '10.0.0.1', site: '0012', country: 'Germany' }
const tyo = { name: 'tyo-01', address: '2001:db8::1', site: 'Tokyo, 1', country: 'Japan', port: 22 }
const checked = [
  { ...fra, key: null, port: 830, region: null, platform: null, credential: null },
  { ...tyo, key: null, region: null, platform: null, credential: null },
]

const csv =
  'name,address,site,country,port\r\nfra-01,10.0.0.1,0012,Germany,\r\ntyo-01,2001:db8::1,"Tokyo, 1",Japan,22\r\n'
const yaml = `
# what monitoring knows
- name: fra-01
  address: 10.0.0.1
  site: 0012
  country: Germany
  region:
- { name: tyo-01, address: "2001:db8::1", site: "Tokyo, 1", country: Japan, port: 22, platform: null }
`

describe('each format gives the same records', () => {
  test.each([
    ['inventory.json', JSON.stringify([fra, tyo], null, 2)],
    ['inventory.JSON', `\ufeff${JSON.stringify([fra, tyo])}`],
    ['inventory.ndjson', `${JSON.stringify(fra)}\n\n${JSON.stringify(tyo)}\r\n`],
    ['inventory.jsonl', `${JSON.stringify(fra)}\n${JSON.stringify(tyo)}`],
    ['inventory.csv', csv],
    ['inventory.csv', `\ufeff${csv},,,,\n\n`],
    ['inventory.yaml', yaml],
    ['inventory.yml', `\ufeff${yaml}`],
  ])('%s', async (file, content) => {
    expect(await fetchFrom(file, content)).toEqual({ records: checked, rejected: [] })
  })

  test.each([
    ['hierarchy.json', '{"Germany": {"0012": {"fra-01": "10.0.0.1"}}, "Japan": {}}'],
    ['hierarchy.yaml', 'Germany:\n  0012:\n    fra-01: 10.0.0.1\nJapan: {}'],
    ['hierarchy.yaml', 'Germany:\n  "0012": { fra-01: 10.0.0.1 }\n  hosts: {}\n  data: {}'],
  ])('%s, whatever the records elsewhere call the fields', async (file, content) => {
    const inventory = await fetchFrom(file, content, { name: 'Caption', site: 'SiteCode' })
    expect(inventory).toEqual({ records: checked.slice(0, 1), rejected: [], partial: { defaultPort: 830 } })
  })

  test.each([
    ['inventory.json', '[{"Caption": "fra-01", "IP": "10.0.0.1", "site": "0012", "country": "Germany"}]'],
    ['inventory.csv', 'IP,country,Caption,site,notes\n10.0.0.1,Germany,fra-01,0012,\n'],
    ['inventory.yaml', '- { Caption: fra-01, IP: 10.0.0.1, site: 0012, country: Germany }'],
  ])('%s with its own names for the fields', async (file, content) => {
    const inventory = await fetchFrom(file, content, { name: 'Caption', address: 'IP' })
    expect(inventory).toEqual({ records: checked.slice(0, 1), rejected: [] })
  })
})

test('a record that cannot be used is rejected, and the others are not', async () => {
  const { records, rejected } = await fetchFrom(
    'a.json',
    JSON.stringify([fra, { ...tyo, port: 'ssh' }, 7, tyo]),
  )
  expect(records).toEqual(checked)
  expect(rejected).toEqual([
    {
      position: 2,
      record: JSON.stringify({ ...tyo, port: 'ssh' }),
      reason: '"port" is "ssh", which is not a whole number from 1 to 65535.',
      identity: { name: 'tyo-01', site: 'Tokyo, 1', country: 'Japan' },
      key: null,
    },
    { position: 3, record: '', reason: 'It is not an object.', identity: null, key: null },
  ])
})

describe('what is no record is set aside with its place, and the others are not', () => {
  test('a line of NDJSON', async () => {
    const lines = [fra, '', '{"name": ', tyo].map((line) =>
      typeof line === 'string' ? line : JSON.stringify(line),
    )
    expect(await fetchFrom('a.ndjson', lines.join('\n'))).toEqual({
      records: checked,
      rejected: [
        {
          position: 2,
          record: '',
          reason: 'Line 3 is not valid JSON at column 10: the text ends where a value must.',
          identity: null,
          key: null,
        },
      ],
    })
  })

  test('a row of CSV', async () => {
    const rows = csv.split('\r\n')
    rows.splice(2, 0, 'ber-01,10.0.0.2', ',', 'the "ber" of "it",10.0.0.3,Berlin,Germany,', 'a,b,c,d,e,f')
    expect(await fetchFrom('a.csv', rows.join('\r\n'))).toEqual({
      records: checked,
      rejected: [
        {
          position: 2,
          record: '',
          reason:
            'Line 3 is not valid CSV: the row has more or fewer cells than the header; a cell with a comma in it needs double quotes.',
          identity: null,
          key: null,
        },
        {
          position: 3,
          record: '',
          reason:
            'Line 5 is not valid CSV: a double quote stands within a cell; write it twice and the whole cell in double quotes.',
          identity: null,
          key: null,
        },
        {
          position: 4,
          record: '',
          reason:
            'Line 6 is not valid CSV: the row has more or fewer cells than the header; a cell with a comma in it needs double quotes.',
          identity: null,
          key: null,
        },
      ],
    })
  })

  test('a row of CSV without the cells of its key, but not one without later cells', async () => {
    const rows = [
      'name,address,site,country,id,port',
      'fra-01,10.0.0.1,0012,Germany',
      'fra-02,10.0.0.2,0012,Germany,2',
      'fra-03,10.0.0.3,0012,Germany,3',
    ]
    const { records, rejected } = await fetchFrom('a.csv', `${rows.join('\n')}\n`, { key: 'id' })
    expect(records).toMatchObject([
      { name: 'fra-02', key: '2', port: 830 },
      { name: 'fra-03', key: '3' },
    ])
    expect(rejected.map(({ position, reason }) => [position, reason])).toEqual([
      [1, expect.stringContaining('Line 2 is not valid CSV: the row has more or fewer cells')],
    ])
  })

  test.each([
    ['a.json', '{"Germany": {"0012": {"fra-01": "10.0.0.1"}, "0013": "10.0.0.2"}, "Japan": ["Tokyo"]}'],
    ['a.yaml', 'Germany:\n  0012:\n    fra-01: 10.0.0.1\n  0013: 10.0.0.2\nJapan: [Tokyo]'],
  ])('a leaf of the hierarchy: %s', async (file, content) => {
    expect(await fetchFrom(file, content)).toEqual({
      partial: { defaultPort: 830 },
      records: checked.slice(0, 1),
      rejected: [
        {
          position: 2,
          record: '{"country":"Germany","site":"0013"}',
          reason: 'Under "Germany", "0013" stands no mapping of devices to their addresses.',
          identity: null,
          key: null,
        },
        {
          position: 3,
          record: '{"country":"Japan"}',
          reason: 'Under "Japan" stands no mapping of sites.',
          identity: null,
          key: null,
        },
      ],
    })
  })
})

describe('a password in a column that nobody asked for is shown nowhere', () => {
  const header = 'name,address,site,country,password'
  test.each([
    ['a.csv', `${header}\nr1,r1,s,c,hunter1\nr2,r2,s,c,hunter2,hunter3\n`],
    ['a.csv', `${header}\nr1,r1,s,c,hunter1\nr2,r2,s,c,hunter2"hunter3\n`],
    ['a.csv', `${header}\nr1,r1,s,c,hunter1\nr2,10.0.0.300,s,c,hunter2\n`],
    ['a.csv', `${header}\nr1,r1,s,c,hunter1,hunter2\n`],
    ['a.csv', `${header}\nr1,r1,s,c,"hunter1"hunter2"\n`],
    ['a.csv', 'r1,10.0.0.1,s,c,hunter1,hunter1\n'],
    ['a.ndjson', '{"password":"hunter1"}\n{"password":"hunter2"hunter3"}\n'],
    ['a.ndjson', '"hunter1"\n{"site":{"password":"hunter2"},"password":"hunter3"}\n'],
    ['a.json', '[{"password":"hunter1"hunter2"}]'],
    ['a.json', '[{"password":hunter1}]'],
    ['a.json', '{"c":{"s":{"r":"10.0.0.1"},"password":"hunter1"},"secrets":["hunter2"]}'],
    ['a.yaml', '- password: "hunter1"hunter2"'],
    ['a.yaml', '- password: *hunter1'],
    ['a.yaml', '- password: "\\hunter1"'],
    ['a.yaml', '- password: "\\uhunter1"'],
    ['a.yaml', '- password: |hunter1\n  x'],
    ['a.yaml', '- password: !hunter1 x'],
    ['a.yaml', '- password: @hunter1'],
    ['a.yaml', '- password: %hunter1\n%hunter2'],
    ['a.yaml', '- password: [hunter1]hunter2'],
    ['a.yaml', '- hunter1: {password: hunter2'],
  ])('%s with %j', async (file, content) => {
    const told = await fetchFrom(file, content).then(
      ({ records, rejected }) => {
        expect(records.length + rejected.length).toBeGreaterThan(0)
        return rejected
      },
      (failure: Error) => failure.message,
    )
    expect(JSON.stringify(told)).not.toContain('hunter')
  })
})

describe('a key that stands twice in an object of JSON', () => {
  const problem = 'a key stands for the second time in its object.'
  test.each([
    ['country', '{"Germany":{"FRA1":{"r1":"r1"}},\n"Germany":{"FRA1":{"r2":"r2"}}}', 'line 2, column 1'],
    ['site', '{"Germany":{"FRA1":{"r1":"r1"},"FRA1":{"r2":"r2"}}}', 'line 1, column 32'],
    ['device', '{"Germany":{"FRA1":{"r1":"r1",\n  "r1":"r2"}}}', 'line 2, column 3'],
    ['field', '[{"name":"r1","address":"r1","address":"r2"}]', 'line 1, column 30'],
    ['field that nobody asked for', '[{"name":"r1","x":{"y":1,"y":1}}]', 'line 1, column 26'],
  ])('fails the document: a %s', async (_, content, place) => {
    await expect(fetchFrom('a.json', content)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `a.json is not valid JSON at ${place}: ${problem}`,
    })
  })

  test('sets a line of NDJSON aside', async () => {
    const { rejected } = await fetchFrom('a.ndjson', `${JSON.stringify(fra)}\n{"name":"a","name":"b"}\n`)
    expect(rejected).toMatchObject([
      { position: 2, reason: `Line 2 is not valid JSON at column 13: ${problem}` },
    ])
  })

  test('may stand in two objects', async () => {
    const content = '{"A":{"S":{"r":"r1.example"}},"B":{"S":{"r":"r2.example"}, "r\\"":{}, "\\\\":{}}}'
    expect((await fetchFrom('a.json', content)).records).toHaveLength(2)
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
    const { records, rejected } = await fetchFrom(file, content)
    expect(rejected).toEqual([])
    expect(records.map(({ key, name, site, port }) => [key, name, site, port])).toEqual(
      numbers.map((number) => [number, number, number, 830]),
    )
  })

  test('also where they are no text', async () => {
    const content = `[{"name":"r","site":"s","address":12345678901234567890,"country":1.0,"port":1e9}, 12345678901234567890]`
    expect((await fetchFrom('a.json', content)).rejected).toMatchObject([
      {
        record: '{"name":"r","site":"s","address":"12345678901234567890","country":"1.0","port":"1e9"}',
        reason: expect.stringContaining('"port" is 1000000000, which is not a whole number'),
      },
      { reason: 'It is not an object.' },
    ])
  })

  test('a device of a hierarchy is no number', async () => {
    const { rejected } = await fetchFrom('a.json', '{"c":{"s":{"r":12345678901234567890}}}')
    expect(rejected).toMatchObject([{ reason: expect.stringContaining('"address" is') }])
  })
})

describe('an object with more keys than any record has', () => {
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')
  const record = (count: number) => `{${JSON.stringify(fra).slice(1, -1)},${keys(count)}}`
  const fields = Object.keys(fra).length
  const problem = 'an object has more than 1,000 keys.'

  test('fails a list of records', async () => {
    await expect(fetchFrom('a.json', `[${record(1_001 - fields)}]`)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringMatching(`^a.json is too complex at line 1, column \\d+: ${problem}$`),
    })
    expect((await fetchFrom('a.json', `[${record(1_000 - fields)}]`)).records).toHaveLength(1)
  })

  test.each([
    ['a device of a hierarchy', `{"c":{"s":{"r":{${keys(1_001)}}}}}`],
    ['a list of a hierarchy', `{"c":[{${keys(1_001)}}]}`],
    ['a field of a record', `[{"x":{"y":{${keys(1_001)}}}}]`],
  ])('fails a document: %s', async (_, content) => {
    await expect(fetchFrom('a.json', content)).rejects.toThrow(problem)
  })

  test('sets a line of NDJSON aside', async () => {
    const { records, rejected } = await fetchFrom('a.ndjson', `${record(1_001)}\n${JSON.stringify(fra)}\n`)
    expect(records).toHaveLength(1)
    expect(rejected).toMatchObject([
      { position: 1, reason: expect.stringMatching(/^Line 1 is too complex at column \d+: an object has/) },
    ])
  })

  test('fails CSV with as many columns', async () => {
    const columns = Array.from({ length: 1_000 }, (_, index) => `c${index}`).join(',')
    await expect(fetchFrom('a.csv', `name,address,site,country,${columns}\n`)).rejects.toThrow(
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
    expect((await fetchFrom('a.json', content)).records).toHaveLength(1_001)
    expect((await fetchFrom('a.yaml', content)).records).toHaveLength(1_001)
  })
})

test.each([
  ['a.json', '['.repeat(200_000)],
  ['a.json', `${'['.repeat(200_000)}1.0${']'.repeat(200_000)}`],
  ['a.yaml', '['.repeat(20_000)],
])('a text that is nested too deeply fails as any other does: %s', async (file, content) => {
  await expect(fetchFrom(file, content)).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
})

describe('CSV as spreadsheets and PowerShell write it', () => {
  const header = 'name,address,site,country,port,notes,notes'
  const rows = ['fra-01,10.0.0.1,0012,Germany,,,', '"tyo-01",2001:db8::1,"Tokyo, 1",Japan,22,a,b']

  test.each([
    ['empty cells beyond the header', `${header}\n${rows.map((row) => `${row},,,`).join('\n')}\n,,,,,,,,,`],
    ['columns without a name', `${header},,,\n${rows.map((row) => `${row},,,`).join('\n')}`],
    ['rows without their last, empty cells', `${header}\nfra-01,10.0.0.1,0012,Germany\n${rows[1]}`],
    ['a last row without them', `${header}\n${rows[0]}\ntyo-01,2001:db8::1,"Tokyo, 1",Japan,22\r\n`],
    ['a comma after the header alone', `${header},\n${rows.join('\n')}`],
    ['lines that end with a carriage return', `${header}\r${rows.join('\r')}\r`],
    [
      'the type of its objects',
      `#TYPE System.Collections.Generic.List\`1[[A, B]]\r\n${header}\r\n${rows.join('\r\n')}`,
    ],
    ['a line that names the separator', `\ufeffsep=,\r\n${header}\r\n${rows.join('\r\n')}\r\n`],
    ['a byte order mark before a quote', `\ufeff"name"${header.slice(4)}\n${rows.join('\n')}`],
  ])('has %s', async (_, content) => {
    expect(await fetchFrom('a.csv', content)).toMatchObject({ records: checked, rejected: [] })
  })

  test('doubts rows in which a cell may be missing, or one too many', async () => {
    const ragged = ['fra-01,10.0.0.1,0012,Germany', rows[1], 'fra-02,10.0.0.2,0012,Germany,830,,,,']
    const { doubts } = await fetchFrom('a.csv', [header, ...ragged, ''].join('\n'))
    expect([...(doubts?.keys() ?? [])]).toEqual([1, 3])
    const even = rows.map((row) => `${row},,,`)
    expect(await fetchFrom('a.csv', [`${header},`, ...even, ''].join('\n'))).not.toHaveProperty('doubts')
  })
})

describe('a text that is read piece by piece gives what it gives as a whole', () => {
  const names = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), { maxLength: 20 })
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

test('YAML of other tools gives texts as they are written, and what nobody asked for is not looked at', async () => {
  const content = `%YAML 1.1
---
- name: 0042
  address: 10.0.0.1
  site: 1:30
  country: NO
  password: !vault |
    $ANSIBLE_VAULT;1.1;AES256
    6231
- { name: !unsafe "on", address: 10.0.0.2, site: off, country: no, port: 0x16 }
...
`
  const { records, rejected } = await fetchFrom('a.yaml', content)
  expect(records).toMatchObject([{ name: '0042', site: '1:30', country: 'NO', port: 830 }])
  expect(rejected.map(({ identity, reason }) => [identity, reason])).toEqual([
    [
      { name: 'on', site: 'off', country: 'no' },
      '"port" is "0x16", which is not a whole number from 1 to 65535.',
    ],
  ])
})

test("Excel's formula for a text in CSV is that text", async () => {
  const rows = ['r1,r1,"=""0042""",Germany', 'r2,r2,"=0042",Germany', 'r3,r3,"=""a"" & ""b""",Germany']
  const { records } = await fetchFrom('a.csv', `name,address,site,country\n${rows.join('\n')}\n`)
  expect(records.map(({ site }) => site)).toEqual(['0042', '=0042', '="a" & "b"'])
})

test.each(['\n', '\r\n', '\r'])(
  'a formula for a text needs no quotes around it, with %j at the ends of lines',
  async (end) => {
    const rows = ['="01",r1,="0012",Germany', 'r2, ="r2" ,"a, =""0042""",="Germany"', '="03",="r3",="",="x"']
    const { records, rejected } = await fetchFrom('a.csv', ['name,address,site,country', ...rows].join(end))
    expect(records).toMatchObject([
      { name: '01', address: 'r1', site: '0012', country: 'Germany' },
      { name: 'r2', address: 'r2', site: 'a, =""0042""'.replaceAll('""', '"'), country: 'Germany' },
    ])
    expect(rejected).toMatchObject([{ position: 3, reason: '"site" is missing or empty.' }])
  },
)

test('a header that stands in a CSV file again is no device', async () => {
  const table = 'name,address,site,country\nr1,r1,S,C\n'
  const { records, rejected } = await fetchFrom('a.csv', table + table.replaceAll('r1', 'r2'))
  expect(records.map(({ name }) => name)).toEqual(['r1', 'r2'])
  expect(rejected).toEqual([])
})

test.each([
  ['a list', '? [a]\n    : r1'],
  ['an alias', '&a b: r1\n    *a : r2'],
  ['nothing, beside an empty text', '~: r1\n    "": r2'],
])(
  'a key of YAML that is %s, which JavaScript would take for another, fails the document',
  async (_, devices) => {
    await expect(fetchFrom('a.yaml', `C:\n  S:\n    ${devices}\n`)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringMatching(
        /line [34], column [57]: (?:a key is a list, a mapping or an alias|Map keys must)/,
      ),
    })
  },
)

describe('merge keys of YAML', () => {
  const base = '- &base {name: r0, address: r0, site: S, country: C, port: 22, platform: junos}\n'
  const fields = (device: object) => ({ site: 'S', country: 'C', ...device })

  test('merge a mapping, whose fields give way to those of the record', async () => {
    const content = `${base}- {<<: *base, name: r1, address: r1}\n- {name: r2, address: r2, port: 23, <<: *base}\n`
    expect((await fetchFrom('a.yaml', content)).records).toMatchObject([
      fields({ name: 'r0', port: 22, platform: 'junos' }),
      fields({ name: 'r1', port: 22, platform: 'junos' }),
      fields({ name: 'r2', port: 23, platform: 'junos' }),
    ])
  })

  test('merge several mappings, of which the first wins, and what these have merged', async () => {
    const content = `${base}- &other {<<: *base, name: r1, address: r1, port: 23}
- {<<: [{credential: lab}, *other, *base], name: r2, address: r2}\n`
    expect((await fetchFrom('a.yaml', content)).records.slice(2)).toMatchObject([
      fields({ name: 'r2', port: 23, platform: 'junos', credential: 'lab' }),
    ])
  })

  test('merge the devices of a site, except for one whose name is quoted', async () => {
    const content = 'C:\n  A: &a\n    r1: r1\n    r2: r2\n  B:\n    <<: *a\n    r1: r3\n    "<<": r4\n'
    const { records, rejected } = await fetchFrom('a.yaml', content)
    expect(records.map(({ site, name, address }) => [site, name, address])).toEqual([
      ['A', 'r1', 'r1'],
      ['A', 'r2', 'r2'],
      ['B', 'r1', 'r3'],
      ['B', '<<', 'r4'],
    ])
    expect(rejected).toMatchObject([{ reason: expect.stringContaining('the same address') }])
  })

  test.each([
    ['C:\n  S: {<<: 10.0.0.1}', 'line 2, column 7'],
    ['C: &c\n  S: {<<: *c}', 'line 2, column 7'],
    ['C: {<<: [*none]}', 'line 1, column 5'],
  ])('need mappings: %j', async (content, place) => {
    await expect(fetchFrom('a.yaml', content)).rejects.toThrow(
      `a.yaml is not valid YAML at ${place}: a merge key (<<) needs a mapping, an alias of one that ends before it, or a list of these.`,
    )
  })

  test('may not multiply beyond measure', async () => {
    const levels = Array.from({ length: 40 }, (_, level) => {
      const inner = level === 0 ? '{z: z}' : `{<<: *l${level - 1}}`
      return `l${level}: &l${level} {a${level}: ${inner}, b${level}: ${inner}}`
    })
    await expect(fetchFrom('a.yaml', levels.join('\n'))).rejects.toThrow('merge keys add too much')
  })
})

test('an inventory may be empty', async () => {
  expect(await fetchFrom('a.json', '[]')).toEqual({ records: [], rejected: [] })
  expect(await fetchFrom('a.ndjson', '\n')).toEqual({ records: [], rejected: [] })
  expect(await fetchFrom('a.csv', 'name,address,site,country\n')).toEqual({ records: [], rejected: [] })
})

test('the file is read anew at every fetch', async () => {
  const source = sourceOf('a.json')
  await writeSettled(join(folder, 'a.json'), JSON.stringify([fra]))
  expect((await source.fetch(never)).records).toEqual(checked.slice(0, 1))
  await writeSettled(join(folder, 'a.json'), JSON.stringify([fra, tyo]))
  expect((await source.fetch(never)).records).toEqual(checked)
})

const shape =
  'holds neither a list of records nor a hierarchy {country: {site: {device: address}}}; make it one of them.'

describe('a file that is being written', () => {
  const line = (name: string) => `${JSON.stringify({ ...fra, name, address: name })}\n`
  const names = ({ records }: Inventory) => records.map(({ name }) => name)
  /** Resolves once the source waits. */
  const untilWaiting = async (clock: HandClock) => {
    for (let turns = 0; clock.timers === 0 && turns < 100_000; turns += 1) await nextTurn()
    expect(clock.timers).toBe(1)
  }

  test('is read when nobody has written to it for two seconds', async () => {
    const path = join(folder, 'a.ndjson')
    await writeFile(path, line('a'))
    const { mtimeMs } = await stat(path)
    const clock = new HandClock(mtimeMs + 500)
    const fetching = sourceOf('a.ndjson', {}, clock).fetch(never)
    await untilWaiting(clock)
    clock.advance(1_400)
    expect(clock.timers).toBe(1)
    clock.advance(101)
    expect(names(await fetching)).toEqual(['a'])
  })

  test('is waited for again if more comes, also where the clock of its server is ahead', async () => {
    const path = join(folder, 'a.ndjson')
    const clock = new HandClock(Date.now() - 3_600_000)
    await writeFile(path, line('a'))
    const fetching = sourceOf('a.ndjson', {}, clock).fetch(never)
    await untilWaiting(clock)
    await appendFile(path, line('b'))
    clock.advance(2_000)
    await untilWaiting(clock)
    clock.advance(2_000)
    expect(names(await fetching)).toEqual(['a', 'b'])
  })

  test('is read at once if it was renamed when it was complete', async () => {
    const written = new Date(Date.now() - 1_000)
    await writeFile(join(folder, 'draft'), line('a'))
    await utimes(join(folder, 'draft'), written, written)
    await rename(join(folder, 'draft'), join(folder, 'a.ndjson'))
    const clock = new HandClock(written.getTime() + 500)
    expect(names(await sourceOf('a.ndjson', {}, clock).fetch(never))).toEqual(['a'])
  })

  test('fails if it does not settle', async () => {
    const path = join(folder, 'a.ndjson')
    const clock = new HandClock(Date.now() - 3_600_000)
    await writeFile(path, line('a'))
    const fetching = sourceOf('a.ndjson', {}, clock).fetch(never)
    for (let waits = 0; waits < 15; waits += 1) {
      await untilWaiting(clock)
      await appendFile(path, line('b'))
      clock.advance(2_000)
    }
    await expect(fetching).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message:
        'a.ndjson is still being written after 30 s; have it written under another name and renamed when it is complete.',
    })
  })

  test('is given up when the fetch is aborted', async () => {
    const clock = new HandClock(Date.now())
    await writeFile(join(folder, 'a.ndjson'), line('a'))
    const controller = new AbortController()
    const fetching = sourceOf('a.ndjson', {}, clock).fetch(controller.signal)
    await untilWaiting(clock)
    const reason = new Error('The gateway is closing.')
    controller.abort(reason)
    await expect(fetching).rejects.toBe(reason)
    expect(clock.timers).toBe(0)
  })

  test.each<[string, string, (path: string) => void]>([
    ['more is written to it', 'a.ndjson', (path) => appendFileSync(path, line('b'))],
    ['it becomes shorter', 'a.ndjson', (path) => truncateSync(path, 0)],
    ['what is there cannot be read', 'a.json', (path) => appendFileSync(path, '[')],
  ])('fails if, while it is read, %s', async (_, file, change) => {
    await writeSettled(join(folder, file), line('a'))
    // The age of the file is asked for between its opening and its reading.
    const clock = new HandClock()
    clock.now = () => {
      change(join(folder, file))
      return Date.now()
    }
    await expect(sourceOf(file, {}, clock).fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `${file} was written to while it was read; have it written under another name and renamed when it is complete, and sync again.`,
    })
  })

  test('may be replaced while it is read', async () => {
    await writeSettled(join(folder, 'a.ndjson'), line('a'))
    await writeSettled(join(folder, 'b'), line('b'))
    const source = sourceOf('a.ndjson')
    const fetching = source.fetch(never)
    await rename(join(folder, 'b'), join(folder, 'a.ndjson'))
    expect(names(await fetching)).toHaveLength(1)
    expect(names(await source.fetch(never))).toEqual(['b'])
  })

  test.each([
    ['a.ndjson', `${line('a')}${line('b').slice(0, -2)}`],
    ['a.ndjson', `${line('a')}{`],
    ['a.csv', 'name,address,site,country\na,r1,s,c\nb,r2'],
    ['a.csv', 'name,address,site,country,rack\na,r1,s,c,1\nb,r2,s,c'],
  ])('fails if it ends within a line: %s with %j', async (file, content) => {
    await expect(fetchFrom(file, content)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `${file} ends within its last line, so that it is not complete; have it written as a whole, and renamed then.`,
    })
  })

  test('is read where its last line is complete and has no line break', async () => {
    expect(names(await fetchFrom('a.ndjson', `${line('a')}${line('b').trimEnd()}`))).toEqual(['a', 'b'])
    expect(names(await fetchFrom('a.csv', 'name,address,site,country\na,r1,s,c'))).toEqual(['a'])
  })
})

describe('a file that cannot be read as an inventory', () => {
  test.each([
    [
      'a.json',
      '[{"name": "a"},\n ]',
      'is not valid JSON at line 2, column 2: "]" stands where a value must.',
    ],
    ['a.json', '{"devices": []}', shape],
    ['a.json', '"text"', shape],
    ['a.json', ' \n', 'is empty; an inventory without devices is [].'],
    ['a.yaml', '\n', 'is empty; an inventory without devices is [].'],
    ['a.csv', '', 'is empty; the first row names the fields.'],
    [
      'a.ndjson',
      '\n{"name": \n{"name"\n',
      'is not valid JSON at line 2, column 10: the text ends where a value must.',
    ],
    [
      'a.ndjson',
      `{}\n${'x'.repeat(1024 * 1024 + 1)}`,
      'has more than 1 MiB in line 2; NDJSON has one record on each line.',
    ],
    [
      'a.csv',
      'name,address,site,country\na,10.0.0.1,b\na,10.0.0.1,b, c, d\n',
      'is not valid CSV at line 2: the row has more or fewer cells than the header; a cell with a comma in it needs double quotes.',
    ],
    [
      'a.csv',
      'name,address,site,country\n"a,10.0.0.1,b,c\n',
      'is not valid CSV at line 2: the text ends within a cell whose double quotes were never closed.',
    ],
    [
      'a.csv',
      'name,address,site,country\n"a"b,10.0.0.1,b,c\nd,10.0.0.2,b,c\n',
      'is not valid CSV at line 2: a double quote stands within a cell; write it twice and the whole cell in double quotes.',
    ],
    [
      'a.csv',
      'Name,address,site,country\n',
      `has no column "name" for the name, only "Name", "address", "site", "country", read with commas between the cells; add it, or correct the source's "fields" or "delimiter".`,
    ],
    ['a.csv', 'name,address,site,country,name\n', 'has two columns "name"; rename or remove one of them.'],
    [
      'a.yaml',
      'Germany: [\n',
      'is not valid YAML at line 2, column 1: Flow sequence in block collection must be sufficiently indented and end with a ].',
    ],
    ['a.yaml', '- name: a\n  name: b\n', 'is not valid YAML at line 2, column 3: Map keys must be unique.'],
    [
      'a.yaml',
      '---\n- name: a\n---\n- name: b\n',
      'holds more than one YAML document; "---" at line 3 begins another. Make them one.',
    ],
    [
      'a.yaml',
      '- name: a\n\taddress: b\n',
      'is not valid YAML at line 2, column 2: a tab indents it; use blanks.',
    ],
    [
      'a.yaml',
      '- *device\n',
      'is not valid YAML: Unresolved alias (the anchor must be set before the alias).',
    ],
    ['a.yaml', '# nothing\n', shape],
    [
      'a.yaml',
      'all:\n  children:\n    core:\n      hosts:\n        r1: { ansible_host: 10.0.0.1 }\n    edge:\n',
      'is an inventory of Ansible; make a list of records of it, each with name, address, site and country.',
    ],
    [
      'a.json',
      '{"_meta": {"hostvars": {"r1": {"ansible_host": "10.0.0.1"}}}, "all": {"children": ["core"]}, "core": {"hosts": ["r1"]}}',
      'is an inventory of Ansible; make a list of records of it, each with name, address, site and country.',
    ],
    [
      'a.yaml',
      'r1:\n  hostname: 10.0.0.1\n  groups: [core]\n  data: { site: fra, role: core }\nr2:\n  data: { site: ber }\n',
      'is an inventory of Nornir; make a list of records of it, each with name, address, site and country.',
    ],
    ['a.txt', '[]', 'has none of the extensions .json, .ndjson, .jsonl, .csv, .tsv, .yaml, .yml; rename it.'],
    ['a.json', Uint8Array.from([0x5b, 0x22, 0xe4, 0x22, 0x5d]), 'is not UTF-8 text; save it as UTF-8.'],
  ])('%s with %j', async (file, content, problem) => {
    await expect(fetchFrom(file, content)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `${file} ${problem}`,
    })
  })

  test('names a CSV column that the configuration asks for in vain', async () => {
    await expect(fetchFrom('a.csv', 'name,address,site,country\n', { platform: 'Type' })).rejects.toThrow(
      'has no column "Type" for the platform, only "name", "address", "site", "country"',
    )
  })

  test('does not exist', async () => {
    await expect(sourceOf('none.json').fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'none.json does not exist; correct the source\'s "path" or the file.',
    })
  })

  test('has no name in the end', async () => {
    await symlink('a.json', join(folder, 'a.json'))
    await expect(sourceOf('a.json').fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringMatching(/^a\.json cannot be read: ELOOP: [^/]* 'a\.json'; correct/),
    })
  })

  test('is a folder', async () => {
    await mkdir(join(folder, 'a.json'))
    await expect(sourceOf('a.json').fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'a.json is not a regular file; name one.',
    })
  })

  test('is a pipe that nobody writes to', async () => {
    await promisify(execFile)('mkfifo', [join(folder, 'a.json')])
    await expect(sourceOf('a.json').fetch(never)).rejects.toMatchObject({
      message: 'a.json is not a regular file; name one.',
    })
  })

  test('is larger than can be held', async () => {
    await writeFile(join(folder, 'a.json'), '')
    await truncate(join(folder, 'a.json'), 512 * 1024 * 1024)
    await expect(sourceOf('a.json').fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'a.json is larger than 512 MiB; have it in NDJSON or CSV, or split it over several sources.',
    })
  })

  test('holds aliases that multiply beyond measure', async () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const aliases = Array.from({ length: 9 }, () => (level === 0 ? 'x' : `*l${level - 1}`))
      return `- &l${level} [${aliases.join(', ')}]`
    })
    await expect(fetchFrom('a.yaml', levels.join('\n'))).rejects.toThrow(
      'is not valid YAML: Excessive alias count indicates a resource exhaustion attack.',
    )
  })
})

test('a fetch that is aborted rejects with the reason of the signal', async () => {
  await writeSettled(join(folder, 'a.json'), JSON.stringify([fra]))
  const reason = new Error('The gateway is closing.')
  await expect(sourceOf('a.json').fetch(AbortSignal.abort(reason))).rejects.toBe(reason)
  const controller = new AbortController()
  const fetching = sourceOf('a.json').fetch(controller.signal)
  controller.abort(reason)
  await expect(fetching).rejects.toBe(reason)
})

test.each([
  ['devices by site', { S: { r1: { address: 'r1', password: 'hunter2' } } }],
  ['devices by name', { r1: { address: 'r1', login: { secret: 'hunter2' } } }],
  ['one of them', { C: { S: { r1: 'r1' }, r2: { address: 'r2', username: 'hunter2' } } }],
])('a hierarchy with a level too few fails, and makes no device of a field: %s', async (_, inventory) => {
  const fetched = fetchFrom('a.json', JSON.stringify(inventory))
  await expect(fetched).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: expect.stringMatching(/^a\.json has "address" where the hierarchy (?!.*hunter2)/),
  })
  const whole = JSON.stringify({ C: { S: { r1: { address: 'r1', password: 'hunter2' } } } })
  expect((await fetchFrom('a.json', whole)).records).toMatchObject([{ name: 'r1', address: 'r1' }])
})
