import { CONNECTION_FAULTS } from './connection-faults.ts'
import { HELLO_FAULTS } from './hello-faults.ts'
import { KEY_EXCHANGE_FAULTS } from './key-exchange-faults.ts'
import { NOISE_FAULTS } from './noise-faults.ts'
import { SESSION_FAULTS } from './session-faults.ts'
import { SSH_FAULTS } from './ssh-faults.ts'

/** The ways to misbehave, by name: what a fleet can mix in, and what the tests ask for one by one. */
export const FAULTS = {
  ...CONNECTION_FAULTS,
  ...KEY_EXCHANGE_FAULTS,
  ...SSH_FAULTS,
  ...HELLO_FAULTS,
  ...NOISE_FAULTS,
  ...SESSION_FAULTS,
}

export type FaultName = keyof typeof FAULTS

// The keys of a literal are what its type says.
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]
