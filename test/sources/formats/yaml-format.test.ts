import { describe, expect, test } from 'vitest'
import { useInventoryFiles } from '../support/inventory-file.ts'

const files = useInventoryFiles()

test('scalars in YAML of other tools stay as they are written, and unused fields are ignored', async () => {
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
  const { records, rejected } = await files.fetchFrom('a.yaml', content)
  expect(records).toMatchObject([{ name: '0042', site: '1:30', country: 'NO', port: 830 }])
  expect(rejected.map(({ identity, reason }) => [identity, reason])).toEqual([
    [
      { name: 'on', site: 'off', country: 'no' },
      '"port" is "0x16", which is not a whole number from 1 to 65535.',
    ],
  ])
})

test.each([
  ['a list', '? [a]\n    : r1'],
  ['an alias', '&a b: r1\n    *a : r2'],
  ['nothing, beside an empty text', '~: r1\n    "": r2'],
])('a YAML key that JavaScript would confuse with another one fails the document: %s', async (_, devices) => {
  await expect(files.fetchFrom('a.yaml', `C:\n  S:\n    ${devices}\n`)).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: expect.stringMatching(
      /line [34], column [57]: (?:a key is a list, a mapping or an alias|the key "" is there already)/,
    ),
  })
})

describe('merge keys of YAML', () => {
  const base = '- &base {name: r0, address: r0, site: S, country: C, port: 22, platform: junos}\n'
  const fields = (device: object) => ({ site: 'S', country: 'C', ...device })

  test('merge a mapping; the fields of the record take precedence', async () => {
    const content = `${base}- {<<: *base, name: r1, address: r1}\n- {name: r2, address: r2, port: 23, <<: *base}\n`
    expect((await files.fetchFrom('a.yaml', content)).records).toMatchObject([
      fields({ name: 'r0', port: 22, platform: 'junos' }),
      fields({ name: 'r1', port: 22, platform: 'junos' }),
      fields({ name: 'r2', port: 23, platform: 'junos' }),
    ])
  })

  test('merge several mappings with their own merges; the first takes precedence', async () => {
    const content = `${base}- &other {<<: *base, name: r1, address: r1, port: 23}
- {<<: [{credential: lab}, *other, *base], name: r2, address: r2}\n`
    expect((await files.fetchFrom('a.yaml', content)).records.slice(2)).toMatchObject([
      fields({ name: 'r2', port: 23, platform: 'junos', credential: 'lab' }),
    ])
  })

  test('merge the devices of a site, except for one whose name is quoted', async () => {
    const content = 'C:\n  A: &a\n    r1: r1\n    r2: r2\n  B:\n    <<: *a\n    r1: r3\n    "<<": r4\n'
    const { records, rejected } = await files.fetchFrom('a.yaml', content)
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
    await expect(files.fetchFrom('a.yaml', content)).rejects.toThrow(
      `a.yaml is not valid YAML at ${place}: a merge key (<<) needs a mapping, an alias of one that ends before it, or a list of these.`,
    )
  })

  test('are limited in the number of nodes that they add', async () => {
    const levels = Array.from({ length: 40 }, (_, level) => {
      const inner = level === 0 ? '{z: z}' : `{<<: *l${level - 1}}`
      return `l${level}: &l${level} {a${level}: ${inner}, b${level}: ${inner}}`
    })
    await expect(files.fetchFrom('a.yaml', levels.join('\n'))).rejects.toThrow('merge keys add too much')
  })
})
