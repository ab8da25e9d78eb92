import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { messageOf } from '../../src/base/errors.ts'
import { loadConfig } from '../../src/config/load.ts'
import { pem } from '../sources/support/test-server.ts'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

const SECRET = 'hunter2'
const env = { TOKEN: SECRET, WORD: SECRET, TWO_LINES: `${SECRET}\n${SECRET}` }

async function sourcesOf(...sources: string[]) {
  const content = `sources:\n${sources.map((source) => `  - { ${source} }\n`).join('')}`
  return (await file.load(content, { env })).sources
}

/** The sentences with which a source is refused, the file's folder left out. */
async function problemsOf(source: string): Promise<string[]> {
  const refused = await sourcesOf(source).then(() => 'It was not refused.', messageOf)
  return file.withoutFolder(refused).split('\n')
}

const ceiling = { decommission: 0.1, move: 0.1, atLeast: 20 }
const times = { timeoutMs: 30_000, totalTimeoutMs: 600_000 }

test('sources with only the required keys', async () => {
  const sources = await sourcesOf(
    'name: web, type: http, url: "https://inventory.example/devices"',
    'name: netbox, type: netbox, url: "https://netbox.example", tokenEnv: TOKEN',
    'name: orion, type: solarwinds, url: "https://orion.example:17774", username: u, passwordEnv: WORD, fields: { site: CustomProperties.Site, country: CustomProperties.Country }',
  )
  expect(sources).toEqual([
    {
      name: 'web',
      type: 'http',
      url: 'https://inventory.example/devices',
      ca: null,
      tlsServerName: null,
      ...times,
      format: null,
      login: null,
      fields: {},
      ceiling,
    },
    {
      name: 'netbox',
      type: 'netbox',
      url: 'https://netbox.example/',
      ca: null,
      tlsServerName: null,
      ...times,
      token: SECRET,
      status: ['active'],
      addresses: ['primary_ip'],
      filter: {},
      countryField: null,
      countryDepth: 0,
      pageSize: 500,
      ceiling,
    },
    {
      name: 'orion',
      type: 'solarwinds',
      url: 'https://orion.example:17774/',
      ca: null,
      tlsServerName: null,
      ...times,
      username: 'u',
      password: SECRET,
      fields: {
        name: 'Caption',
        address: 'IPAddress',
        key: 'NodeID',
        site: 'CustomProperties.Site',
        country: 'CustomProperties.Country',
      },
      filter: {},
      pageSize: 1000,
      ceiling,
    },
  ])
})

test('sources with every key', async () => {
  const certificate = pem('test-server.cert')
  await writeFile(join(file.folder, 'ca.pem'), certificate)
  await writeFile(join(file.folder, 'secret.txt'), `${SECRET}\r\n`)
  const remote = 'caFile: ca.pem, tlsServerName: SolarWinds-Orion, timeout: 5s, totalTimeout: 1h'
  const sources = await sourcesOf(
    'name: local, type: file, path: a.csv, delimiter: tab, fields: { key: Id, region: R }, ceiling: { decommission: 2.5%, atLeast: 0 }',
    `name: bearer, type: http, url: "http://127.0.0.1:8080/a", format: csv, delimiter: pipe, tokenFile: secret.txt, ${remote}`,
    'name: basic, type: http, url: "http://[::1]/a?x=1", username: u, passwordFile: secret.txt, fields: { name: Caption }, ceiling: { atLeast: 5 }',
    `name: netbox, type: netbox, url: "http://localhost:8000/netbox", tokenFile: secret.txt, status: [], filter: { has_primary_ip: true, region_id: [3, 12], asset_tag: 0042, tag: core }, addresses: [oob_ip, primary_ip4], countryField: land, pageSize: 50, ${remote}`,
    'name: depth, type: netbox, url: "https://netbox.example", tokenEnv: TOKEN, countryDepth: 2, ceiling: { decommission: 100% }',
    `name: orion, type: solarwinds, url: "https://orion.example", username: u, passwordEnv: WORD, pageSize: 10000, filter: { Vendor: Cisco, Status: 1 }, ${remote}, fields: { key: Uri, name: SysName, site: CustomProperties.Site, country: CustomProperties.Country, platform: MachineType }`,
  )
  const named = {
    ca: certificate,
    tlsServerName: 'SolarWinds-Orion',
    timeoutMs: 5_000,
    totalTimeoutMs: 3_600_000,
  }
  expect(sources).toMatchObject([
    {
      path: join(file.folder, 'a.csv'),
      delimiter: 'tab',
      fields: { key: 'Id', region: 'R' },
      ceiling: { decommission: 0.025, move: 0.1, atLeast: 0 },
    },
    {
      ...named,
      url: 'http://127.0.0.1:8080/a',
      format: 'csv',
      delimiter: 'pipe',
      login: { token: SECRET },
      ceiling,
    },
    {
      url: 'http://[::1]/a?x=1',
      login: { username: 'u', password: SECRET },
      fields: { name: 'Caption' },
      ceiling: { decommission: 0.1, move: 0.1, atLeast: 5 },
    },
    {
      ...named,
      token: SECRET,
      status: [],
      filter: { has_primary_ip: ['true'], region_id: ['3', '12'], asset_tag: ['0042'], tag: ['core'] },
      addresses: ['oob_ip', 'primary_ip4'],
      countryField: 'land',
      pageSize: 50,
    },
    { countryDepth: 2, ceiling: { decommission: 1, move: 0.1, atLeast: 20 } },
    {
      ...named,
      fields: { key: 'Uri', name: 'SysName', address: 'IPAddress', platform: 'MachineType' },
      filter: { Vendor: ['Cisco'], Status: ['1'] },
      pageSize: 10_000,
    },
  ])
})

const http = 'name: a, type: http, url: "https://a.example"'
const netbox = 'name: a, type: netbox, url: "https://a.example", tokenEnv: TOKEN'
const orion =
  'name: a, type: solarwinds, url: "https://a.example", username: u, passwordEnv: WORD, fields: { site: CustomProperties.Site, country: CustomProperties.Country }'

describe('an invalid source is refused, and no secret is repeated', () => {
  test.each([
    ['name: a, type: http', '.url" is missing; it must be the https:// URL of a server.'],
    ['name: a, type: http, url: "hunter2"', '.url" must be the https:// URL of a server.'],
    ['name: a, type: http, url: "ftp://a.example"', '.url" must be the https:// URL of a server.'],
    [
      'name: a, type: http, url: "https://u:hunter2@a.example"',
      '.url" holds a login, and would keep a secret in this file; name it with "username" and "passwordEnv", or "tokenEnv", instead.',
    ],
    [
      'name: a, type: http, url: "http://a.example"',
      '.url" is not encrypted, which only a server on this machine may be; use https://.',
    ],
    [
      'name: a, type: http, url: "http://localhost.example"',
      '.url" is not encrypted, which only a server on this machine may be; use https://.',
    ],
    [
      `${http}, token: hunter2`,
      '.token" would keep a secret in this file; name an environment variable with "tokenEnv" or a file with "tokenFile" instead.',
    ],
    [
      `${http}, password: hunter2`,
      '.password" would keep a secret in this file; name an environment variable with "passwordEnv" or a file with "passwordFile" instead.',
    ],
    [`${http}, tokenEnv: "hunter2!"`, '.tokenEnv" must be the name of an environment variable.'],
    [`${http}, tokenEnv: UNSET`, '.tokenEnv" names the environment variable UNSET, which is not set.'],
    [
      `${http}, tokenEnv: TWO_LINES`,
      '.tokenEnv" names the environment variable TWO_LINES, which holds no token; one has neither spaces nor line breaks in it.',
    ],
    [`${http}, tokenFile: none`, '.tokenFile" names none, which does not exist.'],
    [`${http}, username: u`, '" has a user name without a password; add "passwordEnv" or "passwordFile".'],
    [`${http}, passwordEnv: WORD`, '" has a password without a user name; add "username".'],
    [
      `${http}, tokenEnv: TOKEN, username: u, passwordEnv: WORD`,
      '" has both a token and a user name or password; remove one of them.',
    ],
    [`${http}, format: xml`, '.format" must be one of json, ndjson, csv, not "xml".'],
    [
      `${http}, timeout: 30`,
      '.timeout" must be a duration such as 500ms, 10s or 2h, not 30; did you mean 30s?',
    ],
    [`${http}, caFile: none`, '.caFile" names none, which does not exist.'],
    [
      `${http}, caFile: rollcall.yaml`,
      '.caFile" names rollcall.yaml, which holds no certificate in PEM form.',
    ],
    [
      `${http}, tlsServerName: 10.0.0.1`,
      '.tlsServerName" must be the host name in a certificate, such as SolarWinds-Orion, not "10.0.0.1".',
    ],
    [
      `${http}, path: a`,
      '.path" is not a known key; the keys known there are name, ceiling, countryAliases, url, caFile, tlsServerName, timeout, totalTimeout, username, passwordEnv, passwordFile, tokenEnv, tokenFile, type, format, delimiter, fields.',
    ],
    [
      `${netbox}, countyField: a`,
      '.countyField" is not a known key; did you mean "sources[0].countryField"?',
    ],
    [
      `${http}, fields: { adress: a }`,
      '.fields.adress" is not a known key; did you mean "sources[0].fields.address"?',
    ],
    [
      'name: a, type: netbox, url: "https://a.example"',
      '" has nothing to log in with; add "tokenEnv" or "tokenFile".',
    ],
    [
      `${netbox}, countryField: a, countryDepth: 1`,
      '.countryDepth" stands beside "countryField", which says where the country is, too; remove one of them.',
    ],
    [
      `${netbox}, addresses: [primary]`,
      '.addresses[0]" must be one of primary_ip, primary_ip4, primary_ip6, oob_ip, not "primary"; did you mean primary_ip?',
    ],
    [`${netbox}, addresses: []`, '.addresses" is empty; leave it out, or name an address.'],
    [`${http}, delimiter: ";"`, '.delimiter" must be one of comma, semicolon, tab, pipe, not ";".'],
    [
      `${netbox}, filter: { u: [1.10] }`,
      '.filter.u[0]" must be a text, true, false or a whole number, or a list of them, not 1.1.',
    ],
    [
      `${netbox}, filter: { site_id: 9007199254740993 }`,
      '.filter.site_id[0]" must be a text, true, false or a whole number, or a list of them, not 9007199254740992.',
    ],
    [
      `${netbox}, filter: { site: [] }`,
      '.filter.site" must be a value, or a list of at least one, not a list.',
    ],
    [
      `${orion}, filter: { Vendor: [] }`,
      '.filter.Vendor" must be a value, or a list of at least one, not a list.',
    ],
    [`${netbox}, countryAliases: { DE: 7 }`, '.countryAliases.DE" must be the name of a country, not 7.'],
    [
      `${netbox}, countryAliases: [DE]`,
      '.countryAliases" must be a mapping of names to names of countries, not a list.',
    ],
    [`${netbox}, filter: [role]`, '.filter" must be a mapping of names to values, not a list.'],
    [
      `${netbox}, filter: { limit: "1" }`,
      '.filter.limit" must be the name of a filter for devices, and not one of status, limit, ordering and the like, not "limit".',
    ],
    [`${netbox}, pageSize: 0`, '.pageSize" must be a whole number from 1 to 10000, not 0.'],
    [
      'name: a, type: solarwinds, url: "https://a.example", fields: { site: CustomProperties.Site, country: City }',
      '" has nothing to log in with; add "username" with "passwordEnv" or "passwordFile".',
    ],
    [
      'name: a, type: solarwinds, url: "https://a.example", username: u, passwordEnv: WORD',
      '.fields" is missing; it must be a mapping of keys to values.',
    ],
    [
      orion.replace(', country: CustomProperties.Country', ''),
      '.fields.country" is missing; it must be a column of Orion.Nodes such as Caption or CustomProperties.Site.',
    ],
    [
      orion.replace('CustomProperties.Site', '"Site FROM Orion.Accounts --"'),
      '.fields.site" must be a column of Orion.Nodes such as Caption or CustomProperties.Site, not "Site FROM Orion.Accounts --".',
    ],
    [
      `${orion}, filter: { "1=1 OR Vendor": a }`,
      '.filter.1=1 OR Vendor" must be a column of Orion.Nodes such as Caption or CustomProperties.Site, not "1=1 OR Vendor".',
    ],
    [
      'name: a, type: file, path: b, ceiling: { decommission: 10 }',
      '.ceiling.decommission" must be a percentage from 0% to 100%, such as 10%, not 10.',
    ],
    [
      'name: a, type: file, path: b, ceiling: { decommission: 101% }',
      '.ceiling.decommission" must be a percentage from 0% to 100%, such as 10%, not "101%".',
    ],
    [
      'name: a, type: file, path: b, ceiling: { atLest: 1 }',
      '.ceiling.atLest" is not a known key; did you mean "sources[0].ceiling.atLeast"?',
    ],
  ])('%s', async (source, problem) => {
    const problems = await problemsOf(source)
    expect(problems).toEqual([`rollcall.yaml:2: "sources[0]${problem}`])
    expect(problems.join()).not.toContain(SECRET)
  })
})

test('secrets of sources may be in variables with our prefix', async () => {
  await writeFile(file.path, `sources: [{ ${netbox.replace('TOKEN', 'ROLLCALL_NETBOX')} }]`)
  const { sources } = loadConfig({ file: file.path, env: { ROLLCALL_NETBOX: SECRET } })
  expect(sources).toMatchObject([{ token: SECRET }])
})
