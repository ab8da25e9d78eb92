import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkInventory } from '../../src/inventory/check-inventory.ts'
import type { FieldNames } from '../../src/inventory/check-record.ts'
import { createSource } from '../../src/sources/create-source.ts'
import { type InventoryFormat, readInventory } from '../../src/sources/inventory-format.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-sources-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const never = new AbortController().signal

function sourceOf(file: string, fields: FieldNames = {}) {
  return createSource(
    { name: 'global', type: 'file', path: join(folder, file), fields },
    { defaultPort: 830 },
  )
}

async function fetchFrom(file: string, content: string | Uint8Array, fields?: FieldNames) {
  await writeFile(join(folder, file), content)
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
    { position: 3, record: '7', reason: 'It is not an object.', identity: null, key: null },
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
          record: '"{\\"name\\": "',
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
          record: '["ber-01","10.0.0.2"]',
          reason:
            'Line 3 is not valid CSV: the row has more or fewer cells than the header; a cell with a comma in it needs double quotes.',
          identity: null,
          key: null,
        },
        {
          position: 3,
          record: '"the "',
          reason:
            'Line 5 is not valid CSV: a double quote stands within a cell; write it twice and the whole cell in double quotes.',
          identity: null,
          key: null,
        },
        {
          position: 4,
          record: '["a","b","c","d","e","f"]',
          reason:
            'Line 6 is not valid CSV: the row has more or fewer cells than the header; a cell with a comma in it needs double quotes.',
          identity: null,
          key: null,
        },
      ],
    })
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
          record: '"10.0.0.2"',
          reason: 'Under "Germany", "0013" stands no mapping of devices to their addresses.',
          identity: null,
          key: null,
        },
        {
          position: 3,
          record: '["Tokyo"]',
          reason: 'Under "Japan" stands no mapping of sites.',
          identity: null,
          key: null,
        },
      ],
    })
  })
})

describe('a text that is read piece by piece gives what it gives as a whole', () => {
  const names = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), { maxLength: 20 })
  const read = async (format: InventoryFormat, bytes: Uint8Array, cuts: readonly number[]) => {
    const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
    const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
    const options = { rules: { fields: {}, defaultPort: 830 }, subject: 'it', maxDocumentBytes: 1e6 }
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
    await fc.assert(property, { numRuns: 200 })
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

test('an inventory may be empty', async () => {
  expect(await fetchFrom('a.json', '[]')).toEqual({ records: [], rejected: [] })
  expect(await fetchFrom('a.ndjson', '\n')).toEqual({ records: [], rejected: [] })
  expect(await fetchFrom('a.csv', 'name,address,site,country\n')).toEqual({ records: [], rejected: [] })
})

test('the file is read anew at every fetch', async () => {
  const source = sourceOf('a.json')
  await writeFile(join(folder, 'a.json'), JSON.stringify([fra]))
  expect((await source.fetch(never)).records).toEqual(checked.slice(0, 1))
  await writeFile(join(folder, 'a.json'), JSON.stringify([fra, tyo]))
  expect((await source.fetch(never)).records).toEqual(checked)
})

const shape =
  'holds neither a list of records nor a hierarchy {country: {site: {device: address}}}; make it one of them.'

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
      `has no column "name" for the name, only "Name", "address", "site", "country"; add it, or name the right one in the source's "fields".`,
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
      'is not valid YAML: Unresolved alias (the anchor must be set before the alias): device.',
    ],
    ['a.yaml', '# nothing\n', shape],
    ['a.txt', '[]', 'has none of the extensions .json, .ndjson, .jsonl, .csv, .yaml, .yml; rename it.'],
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
  await writeFile(join(folder, 'a.json'), JSON.stringify([fra]))
  const reason = new Error('The gateway is closing.')
  await expect(sourceOf('a.json').fetch(AbortSignal.abort(reason))).rejects.toBe(reason)
  const controller = new AbortController()
  const fetching = sourceOf('a.json').fetch(controller.signal)
  controller.abort(reason)
  await expect(fetching).rejects.toBe(reason)
})
