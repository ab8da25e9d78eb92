import { describe, expect, it } from 'vitest'
import type { Config, Credential } from '../../src/config/schema.ts'
import { KnownHosts } from '../../src/netconf/ssh/host-keys.ts'
import { type ProbedDevice, ProbeTasks } from '../../src/refresh/probe-tasks.ts'
import { defaultConfig } from '../support/default-config.ts'

function device(fields: Partial<ProbedDevice> = {}): ProbedDevice {
  return {
    name: 'fra-core-01',
    address: '192.0.2.1',
    port: 8300,
    platform: 'iosxe 17.9',
    credential: null,
    site: 'Frankfurt',
    country: 'Germany',
    hostKey: null,
    ...fields,
  }
}

function credential(name: string, match: Credential['match'] = null): Credential {
  return { name, username: `user of ${name}`, password: `password of ${name}`, match }
}

const CISCO = credential('cisco', { platform: 'ios*' })
const FRENCH = credential('french', { country: 'France' })
const LAB = credential('lab', { site: 'Lab*', name: '*-core-*' })
const REST = credential('rest')

describe('ProbeTasks', () => {
  it('makes a task from the inventory and the configuration', () => {
    const tasks = new ProbeTasks(defaultConfig({ credentials: [REST], probe: { timeoutMs: 4_000 } }))
    expect(tasks.taskFor(device(), null)).toMatchObject({
      host: '192.0.2.1',
      port: 8300,
      credential: { username: 'user of rest', password: 'password of rest' },
      required: [],
      timeoutMs: 4_000,
    })
  })

  it.each<[string, Credential[], Partial<ProbedDevice>, string | null]>([
    ['the first that matches', [CISCO, REST], {}, 'cisco'],
    ['the first in order, not the closest', [REST, CISCO], {}, 'rest'],
    ['the next if one does not match', [FRENCH, CISCO], {}, 'cisco'],
    ['one of which only some globs match', [LAB], {}, null],
    ['one of which all globs match', [LAB], { site: 'Lab 3' }, 'lab'],
    ['none for an unknown platform', [CISCO], { platform: null }, null],
    [
      'the one that the inventory names, whatever it matches',
      [REST, FRENCH],
      { credential: 'french' },
      'french',
    ],
    ['none in place of one that is not there', [REST], { credential: 'gone' }, null],
    ['none if none is configured', [], {}, null],
  ])('picks a credential: %s', (_name, credentials, fields, picked) => {
    const tasks = new ProbeTasks(defaultConfig({ credentials }))
    const expected = picked === null ? undefined : `user of ${picked}`
    expect(tasks.taskFor(device(fields), null)?.credential.username).toBe(expected)
    expect(tasks.credentialOf(device(fields))).toBe(picked)
  })

  it('matches each device once, however often it is asked', () => {
    let reads = 0
    const credentials = Array.from({ length: 100 }, (_, index) =>
      credential(`c${index}`, { site: `*-${index}` }),
    )
    const tasks = new ProbeTasks(defaultConfig({ credentials }))
    const asked: ProbedDevice = Object.defineProperty(device(), 'site', {
      get: () => {
        reads += 1
        return 'site-98'
      },
    })
    for (let times = 0; times < 3; times += 1) expect(tasks.credentialOf(asked)).toBe('c98')
    expect(tasks.taskFor(asked, null)?.credential.username).toBe('user of c98')
    expect(reads).toBe(99)
  })

  it('requires the capabilities that the configuration requires of the device', () => {
    const tasks = new ProbeTasks(
      defaultConfig({
        credentials: [REST],
        probe: {
          requiredCapabilities: [
            { requirement: { uri: 'urn:all' }, match: null },
            { requirement: { uri: 'urn:cisco' }, match: { platform: 'ios*' } },
            { requirement: { module: 'french' }, match: { country: 'France' } },
          ],
        },
      }),
    )
    expect(tasks.taskFor(device(), null)?.required).toEqual([{ uri: 'urn:all' }, { uri: 'urn:cisco' }])
    expect(tasks.taskFor(device({ platform: null, country: 'France' }), null)?.required).toEqual([
      { uri: 'urn:all' },
      { module: 'french' },
    ])
  })
})

describe('the host keys that a task expects', () => {
  const KEY = { algorithm: 'ssh-ed25519', fingerprint: 'SHA256:known' }
  const KNOWN = { ...KEY, offeredFingerprint: null }
  const CHANGED = { ...KEY, offeredFingerprint: 'SHA256:other' }
  const ANY = { check: 'any' }
  const ONLY_KNOWN = { check: 'known', keys: [KEY] }

  it.each<[Config['probe']['hostKeys'], ProbedDevice['hostKey'], object, boolean]>([
    ['trust-first', null, ANY, false],
    ['trust-first', KNOWN, ONLY_KNOWN, false],
    ['trust-first', CHANGED, ONLY_KNOWN, true],
    ['off', null, ANY, false],
    ['off', CHANGED, ANY, false],
    ['known-hosts', CHANGED, { check: 'known', keys: [], revoked: [] }, false],
  ])('with %s and %o', (hostKeys, hostKey, expected, isHeld) => {
    const tasks = new ProbeTasks(defaultConfig({ credentials: [REST], probe: { hostKeys } }))
    expect(tasks.taskFor(device({ hostKey }), null)?.hostKeys).toEqual(expected)
    expect(tasks.hasChangedKey(device({ hostKey }))).toBe(isHeld)
  })

  it('with known-hosts are those of the file, by address and port', () => {
    const blob = 'AAAAC3NzaC1lZDI1NTE5AAAAID3KfB1UdG2XH1ZDWmsu1RB+vBbxPoAoHlh1w8TbSH/6'
    const file = new KnownHosts(`[192.0.2.1]:8300 ssh-ed25519 ${blob}`)
    const tasks = new ProbeTasks(defaultConfig({ credentials: [REST], probe: { hostKeys: 'known-hosts' } }))
    const fingerprint = 'SHA256:2f12iSVHz0RcCpBI04lE9XsviXhdhn/omTDm9cb8pi4'
    expect(tasks.taskFor(device({ hostKey: KNOWN }), file)?.hostKeys).toEqual({
      check: 'known',
      keys: [{ algorithm: 'ssh-ed25519', fingerprint }],
      revoked: [],
    })
    expect(tasks.taskFor(device({ port: 22 }), file)?.hostKeys).toEqual({
      check: 'known',
      keys: [],
      revoked: [],
    })
  })
})

it('allows weak algorithms and reads facts as the configuration says', () => {
  const legacyAlgorithms = [{ platform: 'catos*', site: 'Lab*' }, { name: '*-old' }]
  const tasks = new ProbeTasks(
    defaultConfig({ credentials: [REST], probe: { legacyAlgorithms, facts: false } }),
  )
  const isLegacy = (fields: Partial<ProbedDevice>) => tasks.taskFor(device(fields), null)?.legacyAlgorithms
  expect(isLegacy({ platform: 'CatOS 8', site: 'Lab 1' })).toBe(true)
  expect(isLegacy({ platform: 'CatOS 8' })).toBe(false)
  expect(isLegacy({ name: 'fra-old' })).toBe(true)
  expect(isLegacy({})).toBe(false)
  expect(tasks.taskFor(device(), null)?.readFacts).toBe(false)
  const defaults = new ProbeTasks(defaultConfig({ credentials: [REST] })).taskFor(device(), null)
  expect(defaults).toMatchObject({ readFacts: true, legacyAlgorithms: false, hostKeys: { check: 'any' } })
})
