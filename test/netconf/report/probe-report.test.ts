import { expect, it } from 'vitest'
import { boundedNotes } from '../../../src/netconf/report/probe-report.ts'

it('keeps ten notes of 300 characters', () => {
  expect(boundedNotes([])).toEqual([])
  expect(boundedNotes(['x'.repeat(300)])).toEqual(['x'.repeat(300)])
  expect(boundedNotes(['x'.repeat(301)])).toEqual([`${'x'.repeat(299)}…`])
  expect(boundedNotes([`${'x'.repeat(298)}\u{1f6a7}${'x'.repeat(9)}`])).toEqual([`${'x'.repeat(298)}…`])
  expect(boundedNotes(Array.from({ length: 11 }, (_, index) => `${index}`))).toHaveLength(10)
})
