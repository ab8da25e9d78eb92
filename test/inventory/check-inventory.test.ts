import { describe, expect, test } from 'vitest'
import { checkInventory } from '../../src/inventory/check-inventory.ts'

const rules = { fields: {}, defaultPort: 830 }
const device = { name: 'fra-core-01', address: '10.0.0.1', site: 'Frankfurt 1', country: 'Germany' }

function check(...raw: unknown[]) {
  return checkInventory(raw, rules)
}

/** The reason for which the only record is rejected. */
function reasonFor(raw: unknown): string {
  const { records, rejected } = check(raw)
  expect(records).toEqual([])
  expect(rejected).toHaveLength(1)
  return rejected[0]?.reason ?? ''
}

test('missing fields of a record get their defaults', () => {
  expect(check(device)).toEqual({
    records: [{ ...device, key: null, port: 830, region: null, platform: null, credential: null }],
    rejected: [],
  })
})

test('a port may be a decimal without a fraction, and names may look like numbers', () => {
  const records = check({ ...device, port: '2022.0', site: '1E05', name: '2e10', key: '1.5E+1' }).records
  expect(records).toMatchObject([{ port: 2022, site: '1E05', name: '2e10', key: '1.5E+1' }])
})

test('texts are trimmed, empty ones are absent, numbers may be names, ports may be text', () => {
  const raw = {
    ...device,
    key: 4711,
    name: 17,
    site: ' 0012 ',
    port: ' 22 ',
    region: ' ',
    platform: null,
    credential: '',
  }
  expect(check(raw).records).toEqual([
    {
      ...device,
      key: '4711',
      name: '17',
      site: '0012',
      port: 22,
      region: null,
      platform: null,
      credential: null,
    },
  ])
})

test('fields are read under the names that the source uses for them', () => {
  const fields = { name: 'Caption', address: 'IPAddress', site: 'SiteCode', port: 'constructor' }
  const raw = { Caption: 'a', IPAddress: '::1', SiteCode: 's', country: 'c', name: 'not this one' }
  const { records } = checkInventory([raw, {}], { fields, defaultPort: 22 })
  expect(records).toMatchObject([{ name: 'a', address: '::1', site: 's', country: 'c', port: 22 }])
  expect(checkInventory([{}], { fields, defaultPort: 22 }).rejected[0]?.reason).toBe(
    '"Caption" is missing or empty. "IPAddress" is missing or empty. "SiteCode" is missing or empty. "country" is missing or empty.',
  )
})

describe('a record that cannot be used', () => {
  test.each([
    [{ name: undefined }, '"name" is missing or empty.'],
    [{ site: '  ' }, '"site" is missing or empty.'],
    [{ country: 49 }, '"country" is 49, which is not text.'],
    [{ key: { id: 7 } }, '"key" is an object, which is not text.'],
    [{ platform: ['junos'] }, '"platform" is a list, which is not text.'],
    [{ name: 'a\u0000b' }, '"name" holds a control character or a broken one.'],
    [{ name: 'a\ud800' }, '"name" holds a control character or a broken one.'],
    [{ name: 'x'.repeat(256) }, '"name" has more than 255 characters.'],
    [{ port: 0 }, '"port" is 0, which is not a whole number from 1 to 65535.'],
    [{ port: 65_536 }, '"port" is 65536, which is not a whole number from 1 to 65535.'],
    [{ port: 830.5 }, '"port" is 830.5, which is not a whole number from 1 to 65535.'],
    [{ port: 'ssh' }, '"port" is "ssh", which is not a whole number from 1 to 65535.'],
    [{ port: true }, '"port" is true, which is not a whole number from 1 to 65535.'],
    [{ port: '0x16' }, '"port" is "0x16", which is not a whole number from 1 to 65535.'],
    [{ port: '22.5' }, '"port" is "22.5", which is not a whole number from 1 to 65535.'],
    ...['key', 'name', 'site'].flatMap((field): [object, string][] =>
      ['2.21E+11', '2,21E+11', '1E+05', '1.2e+16'].map((value) => [
        { [field]: value },
        `"${field}" is "${value}", a number that a spreadsheet has shortened; have its column written as text.`,
      ]),
    ),
  ])('%j', (change, reason) => {
    expect(reasonFor({ ...device, ...change })).toBe(reason)
  })

  test('is not matched to a device by a number that a spreadsheet has shortened', () => {
    const { rejected } = check({ ...device, key: '2.21E+11' }, { ...device, key: '7', site: '1E+05' })
    expect(rejected.map(({ key, identity }) => [key, identity?.name ?? null])).toEqual([
      [null, device.name],
      ['7', null],
    ])
  })

  test.each([null, 'fra-core-01', 7, [device]])('is not an object: %j', (raw) => {
    expect(reasonFor(raw)).toBe('It is not an object.')
  })

  test('is reported with its position and its text, cut to a maximum length', () => {
    const { rejected } = check(device, {
      ...device,
      name: undefined,
      note: 'hunter2',
      platform: 'x'.repeat(300),
    })
    expect(rejected).toMatchObject([{ position: 2 }])
    expect(rejected[0]?.record).toMatch(/^\{"address":"10\.0\.0\.1".*x$/)
    expect(rejected[0]?.record).toHaveLength(200)
    // A field that is none of ours may be a secret.
    expect(rejected[0]?.record).not.toContain('hunter2')
  })

  test('is shown without nested values, and not at all if it has no known field', () => {
    const given = { ...device, site: { name: 'x', password: 'hunter2' }, platform: ['hunter2'], port: 'ssh' }
    const { rejected } = check(given, 'hunter2', ['hunter2'])
    expect(rejected).toMatchObject([
      {
        record: JSON.stringify({ ...given, site: 'an object', platform: 'a list' }),
        reason: expect.stringContaining('"site" is an object, which is not text.'),
      },
      { record: '' },
      { record: '' },
    ])
    expect(JSON.stringify(rejected)).not.toContain('hunter2')
  })
})

describe('an address', () => {
  test.each([
    '10.0.0.1',
    '2001:db8::1',
    'router',
    'r1.fra.example.net',
    'r1.example.net.',
    '1-800.example',
    'core_sw_01.example.net',
    '_r4',
    '127.0.0.1',
    '240.0.0.1',
    `${'a'.repeat(63)}.example`,
    `${'a.'.repeat(123)}example`,
  ])('may be %s', (address) => {
    expect(check({ ...device, address }).records).toMatchObject([{ address }])
  })

  test.each([
    '10.0.0.300',
    '10.0.0',
    '10.0.0.1:830',
    '010.0.0.1',
    '0x7f.1',
    '1234',
    '[2001:db8::1]',
    'fe80::1%eth0',
    '2001:db8::g',
    '10.0.0.0x1',
    '0x0a000001',
    '167772161',
    '10.1',
    '10.0.0.1/33',
    '10.0.0.1/255.255.255.0',
    '2001:db8::1/129',
    'r1.example/24',
    '-r1.example',
    'r1..example',
    'two words',
    'ssh://r1.example',
    '.',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(123)}examples`,
  ])('may not be %s', (address) => {
    expect(reasonFor({ ...device, address })).toBe(
      `"address" is ${JSON.stringify(address).slice(0, 200)}, which is neither an IPv4 or IPv6 address nor a host name.`,
    )
  })
})

describe('an address that no device can have', () => {
  test.each([
    'NULL',
    'None',
    'nil',
    'undefined',
    'DHCP',
    'Unknown',
    'N/A',
    '-',
    '--',
    'tbd',
    'TBA',
    '?',
    'NA',
    'NaN',
    'pending',
    'dynamic',
    'missing',
  ])('a placeholder: %s', (address) => {
    expect(reasonFor({ ...device, address: ` ${address} ` })).toBe(
      `"address" is "${address}", which is a placeholder and no address.`,
    )
  })

  test.each([
    '0.0.0.0',
    '0.0.0.1',
    '::',
    '0:0:0:0:0:0:0:0',
    '0::0',
    '::ffff:0.0.0.0',
    '::FFFF:0:0',
    '0.0.0.0/0',
    '::/0',
  ])('the unspecified address: %s', (address) => {
    expect(reasonFor({ ...device, address })).toMatch(
      /^"address" is ".*", which (stands for no device|is a network or its broadcast address)\.$/,
    )
  })

  test.each(['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1', '::ffff:224.0.0.5'])(
    'a multicast or broadcast address: %s',
    (address) => {
      expect(reasonFor({ ...device, address })).toBe(
        `"address" is "${address}", which stands for many devices (multicast or broadcast).`,
      )
    },
  )

  test.each(['10.0.0.0/24', '10.0.0.255/24', '10.1.0.0/16', '10.0.0.4/30'])('a network: %s', (address) => {
    expect(reasonFor({ ...device, address })).toBe(
      `"address" is "${address}", which is a network or its broadcast address.`,
    )
  })
})

test.each([
  ['10.0.0.1/24', '10.0.0.1'],
  ['10.0.0.0/31', '10.0.0.0'],
  ['10.0.0.255/32', '10.0.0.255'],
  ['10.0.0.255/16', '10.0.0.255'],
  ['2001:db8::1/64', '2001:db8::1'],
  ['2001:db8::/64', '2001:db8::'],
])('the interface address %s becomes %s', (given, address) => {
  expect(check({ ...device, address: given }).records).toMatchObject([{ address }])
})

describe('names that look alike are equal', () => {
  test.each([
    ['composed and decomposed letters', 'Z\u00fcrich', 'Zu\u0308rich'],
    ['zero-width spaces', 'FRA1', 'FRA\u200b1'],
    ['soft hyphens', 'Frankfurt', 'Frank\u00adfurt'],
    ['word joiners and byte order marks', 'FRA1', '\ufeffFRA\u20601'],
    ['joiners that join nothing', 'FRA1', 'FRA\u200d1\u200c'],
    ['variation selectors that select nothing', 'FRA1', 'FRA1\ufe0f'],
    ['no-break and other blanks', 'New York', 'New\u00a0York\u2003'],
    ['a mark behind what is invisible', '\u00fc', 'u\u200b\u0308'],
  ])('%s', (_, plain, given) => {
    const { records, rejected } = check({ ...device, site: given, name: given, country: given, key: given })
    expect(records).toMatchObject([{ site: plain, name: plain, country: plain, key: plain }])
    expect(rejected).toEqual([])
    expect(
      check({ ...device, name: plain }, { ...device, name: given, address: '10.0.0.2' }).rejected,
    ).toMatchObject([{ reason: 'Record 1 has the same country, site and name.' }])
  })

  test.each([
    ['a Persian word', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
    ['Sri Lanka in Sinhala', '\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0dbd\u0d82\u0d9a\u0dcf'],
    ['an emoji of several', '\u{1f469}\u200d\u{1f4bb}'],
    ['a Chinese character in one of its forms', '\u845b\u{e0100}\u57ce'],
  ])('except that characters that change the rendering stay: %s', (_, name) => {
    expect(check({ ...device, name }).records).toMatchObject([{ name }])
  })

  test('a text of only invisible characters is empty', () => {
    expect(reasonFor({ ...device, site: '\u200b\u2060' })).toBe('"site" is missing or empty.')
  })
})

test.each(['\u202e', '\u2066', '\u200f', '\u061c'])(
  'a name with the bidirectional control %j is rejected, and its device is still known',
  (control) => {
    const name = `r1${control}1`
    expect(check({ ...device, name }).rejected).toMatchObject([
      {
        reason:
          '"name" holds a bidirectional control character, which lets it look like another text; remove it.',
        identity: { country: 'Germany', site: 'Frankfurt 1', name },
      },
    ])
  },
)

describe('of two records', () => {
  test('the second with the same identity is rejected', () => {
    const { records, rejected } = check(device, { ...device, address: '10.0.0.2' })
    expect(records).toHaveLength(1)
    expect(rejected).toMatchObject([{ position: 2, reason: 'Record 1 has the same country, site and name.' }])
  })

  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8::1', '2001:DB8:0::1'],
    ['r1.example', 'R1.Example.'],
  ])('the second at the same address is rejected: %s and %s', (first, second) => {
    const { rejected } = check({ ...device, address: first }, null, { ...device, name: 'b', address: second })
    expect(rejected).toMatchObject([
      { position: 2 },
      {
        position: 3,
        reason: expect.stringMatching(/^Record 1 has the same address and port: .* port 830\.$/),
      },
    ])
  })

  test('the second with the same key is rejected', () => {
    const [first, second] = [
      { ...device, key: 7 },
      { ...device, key: '7', name: 'b', address: '10.0.0.2' },
    ]
    const { records, rejected } = check(first, second)
    expect(records).toMatchObject([{ key: '7', name: 'fra-core-01' }])
    expect(rejected).toMatchObject([{ position: 2, reason: 'Record 1 has the same key.', key: '7' }])
  })

  test('the same address with another port is another device', () => {
    expect(check(device, { ...device, name: 'b', port: 22 }).records).toHaveLength(2)
  })

  test('the same name at another site is another device', () => {
    expect(check(device, { ...device, site: 'b', address: '10.0.0.2' }).records).toHaveLength(2)
  })

  test('a rejected one does not cause the rejection of the next', () => {
    expect(check({ ...device, port: 0 }, device).records).toHaveLength(1)
  })
})

test('the first region that is named for a country applies to all its records', () => {
  const { records } = check(
    device,
    { ...device, name: 'b', address: '10.0.0.2', region: 'EMEA' },
    { ...device, name: 'c', address: '10.0.0.3', region: 'DACH' },
    { ...device, name: 'd', address: '10.0.0.4', country: 'Japan' },
  )
  expect(records.map(({ region }) => region)).toEqual(['EMEA', 'EMEA', 'EMEA', null])
})

test.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:0A00:1', '10.0.0.1'],
  ['0:0:0:0:0:ffff:10.0.0.1/128', '10.0.0.1'],
  ['::10.0.0.1', '::10.0.0.1'],
  ['2001:db8::ffff:a00:1', '2001:db8::ffff:a00:1'],
])('the address %s is stored as %s, so that one host is one device', (address, kept) => {
  expect(check({ ...device, address }).records).toMatchObject([{ address: kept }])
})
