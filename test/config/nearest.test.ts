import { expect, test } from 'vitest'
import { nearest } from '../../src/config/nearest.ts'

const keys = ['port', 'timeout', 'requiredCapabilities', 'perSite', 'passwordEnv', 'passwordFile']

test.each([
  ['timout', 'timeout'],
  ['TIMEOUT', 'timeout'],
  ['per_site', 'perSite'],
  ['per-site', 'perSite'],
  ['prot', null],
  ['ports', 'port'],
  ['passwordfiel', 'passwordFile'],
  ['requiredCapability', 'requiredCapabilities'],
  ['', null],
  ['workers', null],
  ['x', null],
])('%j is corrected to %j', (name, expected) => {
  expect(nearest(name, keys)).toBe(expected)
})
