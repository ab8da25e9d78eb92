import { expect, test } from 'vitest'
import { flattenHierarchy, isHierarchy } from '../../src/inventory/hierarchy.ts'

test('the devices of a hierarchy become records in their order', () => {
  const hierarchy = {
    Germany: { fra: { r1: '10.0.0.1', r2: '10.0.0.2' }, ber: {} },
    Japan: { tyo: { r1: null } },
  }
  expect(isHierarchy(hierarchy)).toBe(true)
  expect([...flattenHierarchy(hierarchy)]).toEqual([
    { raw: { country: 'Germany', site: 'fra', name: 'r1', address: '10.0.0.1' } },
    { raw: { country: 'Germany', site: 'fra', name: 'r2', address: '10.0.0.2' } },
    { raw: { country: 'Japan', site: 'tyo', name: 'r1', address: null } },
  ])
})

test('a device may be an object with what the levels do not say, and what they say counts', () => {
  const hierarchy = {
    Germany: {
      fra: { r1: { address: '10.0.0.1', port: 2022, region: 'EMEA', name: 'r7', site: 'x' }, r2: {} },
    },
  }
  expect([...flattenHierarchy(hierarchy)]).toEqual([
    {
      raw: { country: 'Germany', site: 'fra', name: 'r1', address: '10.0.0.1', port: 2022, region: 'EMEA' },
    },
    { raw: { country: 'Germany', site: 'fra', name: 'r2' } },
  ])
})

test('what stands where sites or devices should is named with its place, and the rest goes on', () => {
  const hierarchy = { Germany: { fra: '10.0.0.1', ber: { r1: '10.0.0.2' } }, Japan: ['tyo'] }
  expect(isHierarchy(hierarchy)).toBe(true)
  expect([...flattenHierarchy(hierarchy)]).toEqual([
    {
      place: { country: 'Germany', site: 'fra' },
      reason: 'Under "Germany", "fra" stands no mapping of devices to their addresses.',
    },
    { raw: { country: 'Germany', site: 'ber', name: 'r1', address: '10.0.0.2' } },
    { place: { country: 'Japan' }, reason: 'Under "Japan" stands no mapping of sites.' },
  ])
})

test.each([[{}], [{ Germany: {} }], [{ Germany: { fra: {} } }]])('may be without devices: %j', (value) => {
  expect(isHierarchy(value)).toBe(true)
})

test.each([
  [null],
  [[]],
  ['text'],
  [{ devices: [] }],
  [{ error: { code: 401 } }],
  [{ Germany: {}, Japan: 1 }],
])('is no hierarchy: %j', (value) => {
  expect(isHierarchy(value)).toBe(false)
})
