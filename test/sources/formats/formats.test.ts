import { describe, expect, test } from 'vitest'
import { checked, fra, tyo, useInventoryFiles } from '../support/inventory-file.ts'

const files = useInventoryFiles()

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

describe('each format results in the same records', () => {
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
    expect(await files.fetchFrom(file, content)).toEqual({ records: checked, rejected: [] })
  })

  test.each([
    ['hierarchy.json', '{"Germany": {"0012": {"fra-01": "10.0.0.1"}}, "Japan": {}}'],
    ['hierarchy.yaml', 'Germany:\n  0012:\n    fra-01: 10.0.0.1\nJapan: {}'],
    ['hierarchy.yaml', 'Germany:\n  "0012": { fra-01: 10.0.0.1 }\n  hosts: {}\n  data: {}'],
  ])('%s, which has no names of fields', async (file, content) => {
    const inventory = await files.fetchFrom(file, content, { name: 'Caption', site: 'SiteCode' })
    expect(inventory).toEqual({ records: checked.slice(0, 1), rejected: [], partial: { defaultPort: 830 } })
  })

  test.each([
    ['inventory.json', '[{"Caption": "fra-01", "IP": "10.0.0.1", "site": "0012", "country": "Germany"}]'],
    ['inventory.csv', 'IP,country,Caption,site,notes\n10.0.0.1,Germany,fra-01,0012,\n'],
    ['inventory.yaml', '- { Caption: fra-01, IP: 10.0.0.1, site: 0012, country: Germany }'],
  ])('%s with other names for the fields', async (file, content) => {
    const inventory = await files.fetchFrom(file, content, { name: 'Caption', address: 'IP' })
    expect(inventory).toEqual({ records: checked.slice(0, 1), rejected: [] })
  })
})

test('only the unusable records are rejected', async () => {
  const { records, rejected } = await files.fetchFrom(
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

describe('only texts that are no records are rejected, with their places', () => {
  test('a line of NDJSON', async () => {
    const lines = [fra, '', '{"name": ', tyo].map((line) =>
      typeof line === 'string' ? line : JSON.stringify(line),
    )
    expect(await files.fetchFrom('a.ndjson', lines.join('\n'))).toEqual({
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
    expect(await files.fetchFrom('a.csv', rows.join('\r\n'))).toEqual({
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
    const { records, rejected } = await files.fetchFrom('a.csv', `${rows.join('\n')}\n`, { key: 'id' })
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
    expect(await files.fetchFrom(file, content)).toEqual({
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

describe('a password in an unused column is never shown', () => {
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
    const told = await files.fetchFrom(file, content).then(
      ({ records, rejected }) => {
        expect(records.length + rejected.length).toBeGreaterThan(0)
        return rejected
      },
      (failure: Error) => failure.message,
    )
    expect(JSON.stringify(told)).not.toContain('hunter')
  })
})

test('an inventory may be empty', async () => {
  expect(await files.fetchFrom('a.json', '[]')).toEqual({ records: [], rejected: [] })
  expect(await files.fetchFrom('a.ndjson', '\n')).toEqual({ records: [], rejected: [] })
  expect(await files.fetchFrom('a.csv', 'name,address,site,country\n')).toEqual({ records: [], rejected: [] })
})

test.each([
  ['devices by site', { S: { r1: { address: 'r1', password: 'hunter2' } } }],
  ['devices by name', { r1: { address: 'r1', login: { secret: 'hunter2' } } }],
  ['one of them', { C: { S: { r1: 'r1' }, r2: { address: 'r2', username: 'hunter2' } } }],
])('a hierarchy that lacks a level fails, and no field becomes a device: %s', async (_, inventory) => {
  const fetched = files.fetchFrom('a.json', JSON.stringify(inventory))
  await expect(fetched).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: expect.stringMatching(/^a\.json has "address" where the hierarchy (?!.*hunter2)/),
  })
  const whole = JSON.stringify({ C: { S: { r1: { address: 'r1', password: 'hunter2' } } } })
  expect((await files.fetchFrom('a.json', whole)).records).toMatchObject([{ name: 'r1', address: 'r1' }])
})
