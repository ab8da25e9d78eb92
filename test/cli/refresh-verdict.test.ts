import { expect, it } from 'vitest'
import { failuresOf } from '../../src/cli/refresh-verdict.ts'

const state = 'COMPLETED'
const none = { suspended: [], failOn: [] }

it('a refresh that found a supported device is not a failure, whatever the other outcomes', () => {
  expect(failuresOf({ state, done: 9, byOutcome: { SUPPORTED: 1, TIMEOUT: 8 } }, none)).toEqual([])
})

it('a refresh for which no device was due is not a failure', () => {
  expect(failuresOf({ state, done: 0, byOutcome: {} }, none)).toEqual([])
})

it('a refresh without a supported device is a failure', () => {
  expect(failuresOf({ state, done: 3, byOutcome: { TIMEOUT: 3 } }, none)).toEqual([
    'No device ended as SUPPORTED.',
  ])
})

it('a refresh that was cancelled before it found one has a reason of its own', () => {
  expect(failuresOf({ state: 'CANCELLED', done: 3, byOutcome: { CANCELLED: 3 } }, none)).toEqual([])
})

it('a suspended credential is a failure, and says what to do', () => {
  const suspended = [{ name: 'core', rejections: 5 }]
  expect(
    failuresOf({ state, done: 9, byOutcome: { SUPPORTED: 4, SKIPPED: 5 } }, { ...none, suspended }),
  ).toEqual([expect.stringMatching(/^The credential "core" is suspended: .* 5 times in a row\. Correct it;/)])
})

it('an outcome that the command lists is a failure', () => {
  const failOn = ['TIMEOUT', 'TIMEOUT', 'DNS_FAILED'] as const
  expect(
    failuresOf({ state, done: 9, byOutcome: { SUPPORTED: 7, TIMEOUT: 2 } }, { ...none, failOn }),
  ).toEqual(['2 devices ended as TIMEOUT (--fail-on).'])
})
