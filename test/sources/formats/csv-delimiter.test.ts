import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { DelimiterName } from '../../../src/config/schema.ts'
import type { FieldNames } from '../../../src/inventory/check-record.ts'
import { readInventory } from '../../../src/sources/formats/read-inventory.ts'

interface Given {
  fields?: FieldNames
  delimiter?: DelimiterName
}

const read = (text: string, { fields = {}, delimiter }: Given = {}) =>
  readInventory('csv', Readable.from([Buffer.from(text)]), {
    rules: { fields, defaultPort: 830 },
    subject: 'a.csv',
    maxDocumentBytes: 1e6,
    delimiter,
    signal: new AbortController().signal,
  })

const problem = (text: string, given?: Given) =>
  read(text, given).then(
    () => null,
    (failure: Error) => failure.message,
  )

const rows = [
  ['name', 'address', 'site', 'country', 'notes'],
  ['r1', '10.0.0.1', 'FRA1', 'Germany', ''],
  ['r2', '10.0.0.2', 'FRA1', 'Germany', 'x'],
]
const devices = [
  { name: 'r1', address: '10.0.0.1', site: 'FRA1', country: 'Germany' },
  { name: 'r2', address: '10.0.0.2', site: 'FRA1', country: 'Germany' },
]
const joined = (delimiter: string, table = rows) => table.map((row) => `${row.join(delimiter)}\r\n`).join('')

describe('the delimiter is found', () => {
  test.each([',', ';', '\t', '|', ' | '])('%j', async (delimiter) => {
    expect(await read(joined(delimiter))).toMatchObject({ records: devices, rejected: [] })
    const quoted = rows.map((row) => row.map((cell) => `"${cell}"`))
    expect(await read(joined(delimiter.trim() || delimiter, quoted))).toMatchObject({ records: devices })
  })

  test.each([
    [
      'semicolons, with commas in every cell',
      'name;address;site;country;a,b,c,d,e\nr1;10.0.0.1;Bonn, 1, 2;A,B;,,,,,\n',
    ],
    [
      'commas, with semicolons in quotes',
      '"name","address","site","country","a;b;c;d;e"\nr1,10.0.0.1,"Bonn, 1, 2","A,B",;;;\n',
    ],
    [
      'tabs, with a quoted line break',
      '"name"\taddress\tsite\tcountry\t"a,\nb;"\nr1\t10.0.0.1\tBonn, 1, 2\tA,B\n',
    ],
    [
      'a title above it',
      'Devices; all, of them\n;;;;\n\nMay, 2026;;;\nname;address;site;country\nr1;10.0.0.1;Bonn, 1, 2;A,B\n',
    ],
  ])('by the header: %s', async (_, text) => {
    const { records, rejected } = await read(text)
    expect(records).toMatchObject([{ name: 'r1', address: '10.0.0.1', site: 'Bonn, 1, 2', country: 'A,B' }])
    expect(rejected).toEqual([])
  })

  test('by the names that the source has for the fields', async () => {
    const text = 'Gerät;IP-Adresse;Ort, Raum;Land\nr1;10.0.0.1;FRA1;Germany\n'
    const fields = { name: 'Gerät', address: 'IP-Adresse', site: 'Ort, Raum', country: 'Land' }
    expect(await read(text, { fields })).toMatchObject({ records: devices.slice(0, 1), rejected: [] })
  })

  test.each([
    ['sep=;\r\n', ';'],
    ['"sep=;"\n', ';'],
    ['sep=,\n', ','],
    ['sep=\t\r', '\t'],
    ['SEP=|\n', '|'],
  ])("by Excel's line %j", async (line, delimiter) => {
    expect(await read(line + joined(delimiter))).toMatchObject({ records: devices, rejected: [] })
  })

  test('unless the source sets it', async () => {
    const text = 'sep=,\nname;address;site;country\nr1;10.0.0.1;FRA1;Germany\n'
    expect(await read(text, { delimiter: 'semicolon' })).toMatchObject({ records: devices.slice(0, 1) })
    expect(await problem(joined(';'), { delimiter: 'pipe' })).toBe(
      `a.csv has none of the columns "name", "address", "site", "country" in its first row, read with pipes between the cells; have that row name the columns, or correct the source's "fields" or "delimiter".`,
    )
  })
})

test.each([',', ';', '\t', '|'])(
  'formulas and apostrophes that keep a text a text are removed with %j',
  async (delimiter) => {
    const cells = ['="0042"', '"=""0042"""', "'0042", "'00, Main"]
    const table = cells.map((site, index) => [
      `r${index}`,
      `r${index}`,
      delimiter === ',' ? site.replace(',', '') : site,
      'C',
      "'=x",
    ])
    const { records } = await read(
      joined(delimiter, [['name', 'address', 'site', 'country', 'platform'], ...table]),
    )
    expect(records.map(({ site }) => site.replace(',', ''))).toEqual(['0042', '0042', '0042', "'00 Main"])
    expect(records[0]?.platform).toBe('=x')
  },
)

describe('a message names the delimiter that was assumed', () => {
  test.each([
    [
      'semicolons',
      'Hostname;IP, if any;Site;Land\n',
      'no column "name" for the name, only "Hostname", "IP, if any", "Site", "Land", read with semicolons between',
    ],
    [
      'tabs',
      'r1\t10.0.0.1\tFRA1\thunter2, hunter3\n',
      'none of the columns "name", "address", "site", "country" in its first row, read with tabs between',
    ],
    [
      'commas',
      'name address site country\n',
      'none of the columns "name", "address", "site", "country" in its first row, read with commas between',
    ],
    [
      'pipes',
      'title\n\nr1|10.0.0.1|FRA1|C|hunter2\nname|address|site|country\n',
      'none of the columns "name", "address", "site", "country" in its first row, read with pipes between',
    ],
    [
      'of a row',
      'name;address;site;country\nr1;10.0.0.1;a;b;c\n',
      'a cell with a semicolon in it needs double quotes.',
    ],
  ])('%s', async (_, text, words) => {
    expect(await problem(text)).toContain(words)
    expect(await problem(text)).not.toContain('hunter')
  })

  test('or says that several are possible, or none that is known', async () => {
    expect(await problem(joined(',') + joined(';'))).toBe(
      'a.csv has a header with commas or semicolons; make it one table, or set "delimiter".',
    )
    expect(await problem(`sep=:\n${joined(':')}`)).toBe(
      'a.csv names ":" as its delimiter in its first line; have it written with commas or semicolons or tabs or pipes.',
    )
  })
})

test('a row above the header that may be a device is not treated as a title', async () => {
  expect(await problem(`r0,10.0.0.9,FRA1,Germany\n${joined(',')}`)).toMatch(/has none of the columns/)
  expect(await problem(`${'-\n'.repeat(21)}${joined(',')}`)).toMatch(/has none of the columns/)
  expect(await read(`${'-\n'.repeat(20)}${joined(',')}`)).toMatchObject({ records: devices })
})

test('a row whose quotes extend over other rows is set aside with every delimiter', async () => {
  const table =
    'name;address;site;country\nr1;10.0.0.1;"FRA1;Germany\nr2;10.0.0.2;FRA1;Germany\nr3;10.0.0.3;FRA1";Germany\nr4;10.0.0.4;a;b\n'
  const { records, rejected } = await read(table)
  expect(records.map(({ name }) => name)).toEqual(['r4'])
  expect(rejected[0]?.reason).toContain('a cell holds whole rows')
})

test.each(['', '\ufeff', '\n\n , ,\n', ';;;;\r\n;;;;\r\n', '\t\t\n', ' | |\n', 'sep=;\n;;;\n'])(
  'a text without content is called empty: %j',
  async (text) => {
    expect(await problem(text)).toBe('a.csv is empty; the first row names the fields.')
  },
)
