import { expect, test } from 'vitest'
import type { KnownDevice } from '../../src/inventory/diff.ts'
import type { RejectedRecord } from '../../src/inventory/record.ts'
import { countUntold } from '../../src/inventory/unusable-records.ts'
import { atOnce } from '../support/at-once.ts'
import { knownDevice } from './support/known-device.ts'

function known(name: string, fields: Partial<KnownDevice> = {}): KnownDevice {
  return knownDevice({ id: 1, name, address: `${name}.example.net`, ...fields })
}

const PARIS = { site: 'Paris', country: 'France' }
const KEYED = [known('r1', { key: '1' }), known('r2', { key: '2' })]
const KEYLESS = [known('r1'), known('r2')]

/** `r2` is leaving. */
test.each<[string, KnownDevice[], Pick<RejectedRecord, 'identity' | 'key'>, number]>([
  ['nothing', KEYED, { identity: null, key: null }, 1],
  ['the key of a known device', KEYED, { identity: null, key: '1' }, 0],
  ['a new key, if all have keys', KEYED, { identity: null, key: '3' }, 0],
  ['a new key, if the leaving one has none', KEYLESS, { identity: null, key: '3' }, 1],
  ['a new key and a new name', KEYLESS, { identity: { ...PARIS, name: 'r3' }, key: '3' }, 0],
  [
    'a new key, and the name at another site',
    KEYLESS,
    { identity: { ...PARIS, site: 'P', name: 'r2' }, key: '3' },
    1,
  ],
  ['the name and place of a known device', KEYLESS, { identity: { ...PARIS, name: 'r1' }, key: null }, 0],
  ['a new name', KEYLESS, { identity: { ...PARIS, name: 'r3' }, key: null }, 0],
  [
    'the address in the place of the name',
    KEYLESS,
    { identity: { ...PARIS, name: '192.0.2.1' }, key: null },
    1,
  ],
  [
    'the name in the place of the site',
    KEYED,
    { identity: { ...PARIS, site: 'r2', name: 'x' }, key: '3' },
    1,
  ],
  ['the name at another site', KEYED, { identity: { ...PARIS, site: 'P', name: 'r2' }, key: null }, 1],
])('a record with %s', (_name, devices, record, untold) => {
  const rejected = [{ position: 1, record: '', reason: '', ...record }]
  const leaving = devices.filter(({ name }) => name === 'r2')
  expect(atOnce(countUntold(rejected, devices, { source: 'global', leaving }))).toBe(untold)
  expect(atOnce(countUntold(rejected, devices, { source: 'global', leaving: [] }))).toBe(0)
})
