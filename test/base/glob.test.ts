import { expect, test } from 'vitest'
import { compileGlob } from '../../src/base/glob.ts'
import { compileMatch } from '../../src/config/match.ts'

test.each([
  ['iosxe*', 'iosxe', true],
  ['iosxe*', 'IOSXE-17', true],
  ['IOS*', 'iosxr', true],
  ['*core*', 'fra-core-01', true],
  ['fra-*-0?', 'fra-core-01', true],
  ['fra-*-0?', 'fra-core-0', false],
  ['*a*b', 'ab-ab', true],
  ['*a*b', 'ab-ba', false],
  ['?', '', false],
  ['?', '🌍', true],
  ['', '', true],
  ['', 'a', false],
  ['a*b*a', 'aba', true],
  ['ab*ba', 'aba', false],
  ['a?a', 'a', false],
  ['junos', 'Junos', true],
  ['junos', 'junos-evo', false],
  ['junos', 'my-junos', false],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['*', '', true],
  ['*', null, true],
  ['**', null, true],
  ['?*', null, false],
  ['junos', null, false],
])('%j on %j: %s', (pattern, value, expected) => {
  expect(compileGlob(pattern)(value)).toBe(expected)
})

test('no pattern takes exponential time', () => {
  const value = 'a'.repeat(255)
  const before = process.threadCpuUsage()
  expect(compileGlob(`${'*a'.repeat(100)}*b?`)(value)).toBe(false)
  // With backtracking it would take years of the processor.
  expect(process.threadCpuUsage(before).user).toBeLessThan(2_000_000)
})

const device = { platform: 'iosxe', country: 'Germany', site: 'Frankfurt 1', name: 'fra-core-01' }

test.each([
  [null, true],
  [{}, true],
  [{ platform: '*', country: 'germany', site: 'frank*', name: '*-core-*' }, true],
  [{ platform: 'junos' }, false],
  [{ country: 'Japan' }, false],
  [{ site: 'Tokyo*' }, false],
  [{ platform: 'ios*', name: 'tyo-*' }, false],
])('all globs of a match must fit: %j: %s', (match, expected) => {
  expect(compileMatch(match)(device)).toBe(expected)
})

test('a device of unknown platform fits a match for any platform', () => {
  expect(compileMatch({ platform: '*' })({ ...device, platform: null })).toBe(true)
  expect(compileMatch({ platform: 'ios*' })({ ...device, platform: null })).toBe(false)
})
