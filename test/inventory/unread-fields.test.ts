import { expect, test } from 'vitest'
import { checkInventory } from '../../src/inventory/check-inventory.ts'
import type { FieldNames } from '../../src/inventory/check-record.ts'
import { unreadFields } from '../../src/inventory/warnings.ts'

const device = { name: 'r1', address: '10.0.0.1', site: 'FRA', country: 'Germany' }

function found(records: unknown[], fields: FieldNames = {}) {
  return checkInventory(records, { fields, defaultPort: 830 }).unread
}

test('a name that differs from that of a field only in case is told, once', () => {
  const records = [device, { ...device, Port: 22 }, { ...device, Port: 22, REGION: '' }]
  expect(found(records)).toEqual([
    { given: 'Port', field: 'port', read: 'port' },
    { given: 'REGION', field: 'region', read: 'region' },
  ])
})

test('so is one of a record that is rejected, and one in another case than the source says', () => {
  expect(found([{ ...device, name: '', Key: 7 }, null, 'text'])).toMatchObject([{ given: 'Key' }])
  expect(found([{ ...device, mgmtport: 22 }], { port: 'MgmtPort' })).toEqual([
    { given: 'mgmtport', field: 'port', read: 'MgmtPort' },
  ])
})

test.each<[string, object, FieldNames]>([
  ['is read for another field', { ...device, Region: 'x' }, { site: 'Region' }],
  ['stands beside the right name', { ...device, Name: 'a label', port: null, Port: 22 }, {}],
  ['belongs to a field that the source names otherwise', { ...device, Port: 1 }, { port: 'mgmt' }],
  ['differs in more than its case', { ...device, ports: 1, 'Port ': 1, 'po-rt': 1 }, {}],
])('nothing is told of a name that %s', (_, record, fields) => {
  expect(found([record], fields)).toBeUndefined()
})

test('more names than are remembered hide none', () => {
  const many = Array.from({ length: 1_500 }, (_, index) => [`n${index}`, index])
  expect(found([{ ...device, ...Object.fromEntries(many), Port: 1 }])).toMatchObject([{ given: 'Port' }])
})

test('the sentence says how to have it read, in the nested form by its name only', () => {
  const unread = [{ given: 'Port', field: 'port', read: 'port' }] as const
  const inventory = { records: [], rejected: [], unread }
  expect(unreadFields(inventory)).toEqual([
    '"Port" is not read: the name for the port is "port". Rename it, or set `fields: { port: "Port" }` for the source.',
  ])
  expect(unreadFields({ ...inventory, partial: { defaultPort: 830 } })).toEqual([
    '"Port" is not read: the name for the port is "port". Rename it.',
  ])
})
