import { describe, expect, test } from 'vitest'
import { checked, useInventoryFiles } from '../support/inventory-file.ts'

const files = useInventoryFiles()

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
    expect(await files.fetchFrom('a.csv', content)).toMatchObject({ records: checked, rejected: [] })
  })

  test('marks rows with a missing or an additional cell as doubtful', async () => {
    const ragged = ['fra-01,10.0.0.1,0012,Germany', rows[1], 'fra-02,10.0.0.2,0012,Germany,830,,,,']
    const { doubts } = await files.fetchFrom('a.csv', [header, ...ragged, ''].join('\n'))
    expect([...(doubts?.keys() ?? [])]).toEqual([1, 3])
    const even = rows.map((row) => `${row},,,`)
    expect(await files.fetchFrom('a.csv', [`${header},`, ...even, ''].join('\n'))).not.toHaveProperty(
      'doubts',
    )
  })
})

test("Excel's formula for a text in CSV is read as that text", async () => {
  const rows = ['r1,r1,"=""0042""",Germany', 'r2,r2,"=0042",Germany', 'r3,r3,"=""a"" & ""b""",Germany']
  const { records } = await files.fetchFrom('a.csv', `name,address,site,country\n${rows.join('\n')}\n`)
  expect(records.map(({ site }) => site)).toEqual(['0042', '=0042', '="a" & "b"'])
})

test.each(['\n', '\r\n', '\r'])(
  'a formula for a text needs no quotes around it, with %j at the ends of lines',
  async (end) => {
    const rows = ['="01",r1,="0012",Germany', 'r2, ="r2" ,"a, =""0042""",="Germany"', '="03",="r3",="",="x"']
    const { records, rejected } = await files.fetchFrom(
      'a.csv',
      ['name,address,site,country', ...rows].join(end),
    )
    expect(records).toMatchObject([
      { name: '01', address: 'r1', site: '0012', country: 'Germany' },
      { name: 'r2', address: 'r2', site: 'a, =""0042""'.replaceAll('""', '"'), country: 'Germany' },
    ])
    expect(rejected).toMatchObject([{ position: 3, reason: '"site" is missing or empty.' }])
  },
)

test('a repeated header in a CSV file is not a device', async () => {
  const table = 'name,address,site,country\nr1,r1,S,C\n'
  const { records, rejected } = await files.fetchFrom('a.csv', table + table.replaceAll('r1', 'r2'))
  expect(records.map(({ name }) => name)).toEqual(['r1', 'r2'])
  expect(rejected).toEqual([])
})
