import type { FaultName } from '../../../src/simulator/faults.ts'

/** One device each, so that the console has an outcome of every class to show. */
export const ONE_OF_EACH: readonly FaultName[] = [
  'stalls-in-hello',
  'silent-after-accept',
  'rejects-login',
  'refuses-subsystem',
  'malformed-hello',
  'no-common-algorithm',
  'resets-at-once',
  'host-key-changes',
  'closes-in-hello',
  'session-id-no-number',
]
