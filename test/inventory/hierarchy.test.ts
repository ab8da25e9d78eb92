import { expect, test } from 'vitest'
import { flattenHierarchy, isHierarchy } from '../../src/inventory/hierarchy.ts'

test('the devices of a hierarchy become records in their order', () => {
  const hierarchy = {
    Germany: { fra: { r1: '10.0.0.1', r2: '10.0.0.2' }, ber: {} },
    Japan: { tyo: { r1: null } },
  }
  expect(isHierarchy(hierarchy)).toBe(true)
  expect([...flattenHierarchy(hierarchy)]).toEqual([
    { country: 'Germany', site: 'fra', name: 'r1', address: '10.0.0.1' },
    { country: 'Germany', site: 'fra', name: 'r2', address: '10.0.0.2' },
    { country: 'Japan', site: 'tyo', name: 'r1', address: null },
  ])
})

test('a site that is no map of devices is one record that cannot be used', () => {
  expect([...flattenHierarchy({ Germany: { fra: '10.0.0.1' } })]).toEqual([
    { country: 'Germany', site: 'fra', devices: '10.0.0.1' },
  ])
})

test.each([[null], [[]], ['text'], [{ devices: [] }], [{ Germany: { fra: {} }, Japan: '10.0.0.1' }]])(
  'is no hierarchy: %j',
  (value) => {
    expect(isHierarchy(value)).toBe(false)
  },
)
