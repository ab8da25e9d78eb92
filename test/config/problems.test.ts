import { describe, expect, test } from 'vitest'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

describe('an unknown key', () => {
  test.each([
    ['probe: { timout: 10s }', '"probe.timout" is not a known key; did you mean "probe.timeout"?'],
    ['throttle: { per_site: 1 }', '"throttle.per_site" is not a known key; did you mean "throttle.perSite"?'],
    ['timeout: 10s', '"timeout" is not a known key; did you mean "probe.timeout"?'],
    ['server: { perSite: 1 }', '"server.perSite" is not a known key; did you mean "throttle.perSite"?'],
    ['log: { colour: red }', '"log.colour" is not a known key; the keys known there are level, format.'],
    [
      'planets: { mode: none }',
      '"planets" is not a known key; the keys known there are server, persistedOperations, database, postgres, auth, sources, schedule, credentials, probe, devices, probers, throttle, workers, retention, notify, limits, traces, log.',
    ],
    [
      '__proto__: { port: 1 }',
      '"__proto__" is not a known key; the keys known there are server, persistedOperations, database, postgres, auth, sources, schedule, credentials, probe, devices, probers, throttle, workers, retention, notify, limits, traces, log.',
    ],
    [
      'sources: [{ name: a, type: file, path: b, fields: { adress: c } }]',
      '"sources[0].fields.adress" is not a known key; did you mean "sources[0].fields.address"?',
    ],
    [
      'probe: { requiredCapabilities: [{ uri: "urn:x", modul: y }] }',
      '"probe.requiredCapabilities[0].modul" is not a known key; did you mean "probe.requiredCapabilities[0].module"?',
    ],
    [
      'credentials: [{ name: a, username: b, passwordEnv: C, match: { plattform: d } }]',
      '"credentials[0].match.plattform" is not a known key; did you mean "credentials[0].match.platform"?',
    ],
  ])('%s', async (content, problem) => {
    expect(await file.problemsOf(content)).toEqual([`rollcall.yaml:1: ${problem}`])
  })
})

test('of a hundred problems each is described, and further ones are counted', async () => {
  const keys = Array.from({ length: 107 }, (_, index) => `  key${index}: 1`)
  const problems = await file.problemsOf(['server:', ...keys].join('\n'))
  expect(problems).toHaveLength(101)
  expect(problems.at(-2)).toMatch(/^rollcall.yaml:101: "server.key99" is not a known key/)
  expect(problems.at(-1)).toBe('There are 7 more problems like these.')
})

describe('an invalid value', () => {
  test.each([
    ['server: 4000', '"server" must be a mapping of keys to values, not 4000.'],
    ['server: { port: abc }', '"server.port" must be a whole number from 0 to 65535, not "abc".'],
    ['server: { port: 65536 }', '"server.port" must be a whole number from 0 to 65535, not 65536.'],
    ['server: { port: 1.5 }', '"server.port" must be a whole number from 0 to 65535, not 1.5.'],
    ['server: { port: [1] }', '"server.port" must be a whole number from 0 to 65535, not a list.'],
    ['probe: { port: 0 }', '"probe.port" must be a whole number from 1 to 65535, not 0.'],
    ['database: 7', '"database" must be the path of a file, or the URL of a PostgreSQL database, not 7.'],
    ['database: " "', '"database" must be the path of a file, or the URL of a PostgreSQL database, not " ".'],
    [
      'schedule: { every: 59s }',
      '"schedule.every" must be a duration from 1m to 24d, such as 500ms, 10s or 2h, not "59s".',
    ],
    [
      'schedule: { every: 25d }',
      '"schedule.every" must be a duration from 1m to 24d, such as 500ms, 10s or 2h, not "25d".',
    ],
    [
      'schedule: { onStart: "yes" }',
      '"schedule.onStart" must be true or false, not "yes"; did you mean true?',
    ],
    [
      'retention: { probes: 12h }',
      '"retention.probes" must be a duration from 1d to 36500d, such as 30d or 365d, not "12h".',
    ],
    [
      'probe: { timeout: 10 }',
      '"probe.timeout" must be a duration such as 500ms, 10s or 2h, not 10; did you mean 10s?',
    ],
    [
      'probe: { timeout: 99ms }',
      '"probe.timeout" must be a duration from 100ms to 10m, such as 500ms, 10s or 2h, not "99ms".',
    ],
    [
      'probe: { timeout: 11m }',
      '"probe.timeout" must be a duration from 100ms to 10m, such as 500ms, 10s or 2h, not "11m".',
    ],
    ['probe: { facts: 1 }', '"probe.facts" must be true or false, not 1.'],
    [
      'probe: { hostKeys: strict }',
      '"probe.hostKeys" must be one of trust-first, known-hosts, off, not "strict".',
    ],
    [
      'probe: { hostKeys: known-hosts }',
      '"probe.hostKeys" is known-hosts, which needs "knownHostsFile" beside it.',
    ],
    [
      'probe: { knownHostsFile: ./known_hosts }',
      '"probe.knownHostsFile" goes with "hostKeys: known-hosts" only, and that is trust-first.',
    ],
    [
      'probe: { hostKeys: known-hosts, knownHostsFile: ./gone }',
      '"probe.knownHostsFile" names gone, which does not exist.',
    ],
    ['probe: { legacyAlgorithms: true }', '"probe.legacyAlgorithms" must be a list, not true.'],
    [
      'credentials: [{ name: a, username: b, passwordEnv: C, match: {} }]',
      '"credentials[0].match" needs "platform", "country", "site" or "name"; { name: "*" } fits every device.',
    ],
    [
      'probe: { legacyAlgorithms: [{}] }',
      '"probe.legacyAlgorithms[0]" needs "platform", "country", "site" or "name"; { name: "*" } fits every device.',
    ],
    ['throttle: { concurrency: 0 }', '"throttle.concurrency" must be a whole number from 1 to 10000, not 0.'],
    ['throttle: { perSite: 10001 }', '"throttle.perSite" must be a whole number from 1 to 10000, not 10001.'],
    [
      'throttle: { perCredential: 0 }',
      '"throttle.perCredential" must be a whole number from 1 to 10000, not 0.',
    ],
    [
      'throttle: { starts: 100 }',
      '"throttle.starts" must be a rate such as 100/s or 90/m, not 100; did you mean 100/s?',
    ],
    [
      'throttle: { starts: 100/d }',
      '"throttle.starts" must be a rate from 1/m to 10000/s, such as 100/s or 90/m, not "100/d".',
    ],
    [
      'throttle: { starts: 0/s }',
      '"throttle.starts" must be a rate from 1/m to 10000/s, such as 100/s or 90/m, not "0/s".',
    ],
    [
      'throttle: { starts: 10001/s }',
      '"throttle.starts" must be a rate from 1/m to 10000/s, such as 100/s or 90/m, not "10001/s".',
    ],
    ['throttle: { retries: 6 }', '"throttle.retries" must be a whole number from 0 to 5, not 6.'],
    [
      'throttle: { suspendCredentialAfter: 0 }',
      '"throttle.suspendCredentialAfter" must be a whole number from 1 to 100, not 0.',
    ],
    ['workers: 0', '"workers" must be auto or a whole number from 1 to 64, not 0.'],
    ['workers: 65', '"workers" must be auto or a whole number from 1 to 64, not 65.'],
    ['workers: 1.5', '"workers" must be auto or a whole number from 1 to 64, not 1.5.'],
    ['workers: all', '"workers" must be auto or a whole number from 1 to 64, not "all".'],
    ['workers: [auto]', '"workers" must be auto or a whole number from 1 to 64, not a list.'],
    [
      'log: { level: loud }',
      '"log.level" must be one of silent, fatal, error, warn, info, debug, trace, not "loud".',
    ],
    ['sources: { a: b }', '"sources" must be a list, not a mapping.'],
    [
      'sources: [{ name: a, type: ldap, path: b }]',
      '"sources[0].type" must be one of file, http, netbox, solarwinds, not "ldap".',
    ],
    [
      'sources: [{ name: a, path: b }]',
      '"sources[0].type" is missing; it must be one of file, http, netbox, solarwinds.',
    ],
    ['sources: [a]', '"sources[0]" must be a mapping of keys to values, not "a".'],
    ['sources: [{ name: a, type: file }]', '"sources[0].path" is missing; it must be the path of a file.'],
    [
      'sources: [{ name: a, type: file, path: b }, { name: a, type: file, path: c }]',
      '"sources[1].name" is "a", which number 1 of the list is named already; choose another.',
    ],
    [
      'probe: { requiredCapabilities: [7] }',
      '"probe.requiredCapabilities[0]" must be a mapping of keys to values, not 7.',
    ],
    [
      'probe: { requiredCapabilities: ["two words"] }',
      '"probe.requiredCapabilities[0].uri" must be a capability URI without spaces, not "two words".',
    ],
    [
      'probe: { requiredCapabilities: [{ match: { name: a } }] }',
      '"probe.requiredCapabilities[0]" needs "uri" or "module", and not both.',
    ],
    [
      'probe: { requiredCapabilities: [{ uri: "urn:x", module: a }] }',
      '"probe.requiredCapabilities[0]" needs "uri" or "module", and not both.',
    ],
    [
      'probe: { requiredCapabilities: [{ uri: "urn:x", features: [a] }] }',
      '"probe.requiredCapabilities[0]" has "uri"; "minRevision" and "features" go with "module" only.',
    ],
    [
      'probe: { requiredCapabilities: [{ module: a, minRevision: 2014-13-08 }] }',
      '"probe.requiredCapabilities[0].minRevision" must be a date, YYYY-MM-DD, not "2014-13-08".',
    ],
  ])('%s', async (content, problem) => {
    expect(await file.problemsOf(content)).toEqual([`rollcall.yaml:1: ${problem}`])
  })

  test('is reported together with the others', async () => {
    expect(
      await file.problemsOf('server: { port: -1 }\nprobe: { timout: 1s }\nlog: { level: 7 }'),
    ).toHaveLength(3)
  })
})
