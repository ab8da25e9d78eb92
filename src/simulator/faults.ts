import { CONNECTION_FAULTS } from './connection-faults.ts'
import { HELLO_FAULTS } from './hello-faults.ts'
import { KEY_EXCHANGE_FAULTS } from './key-exchange-faults.ts'
import { SESSION_FAULTS } from './session-faults.ts'
import { SSH_FAULTS } from './ssh-faults.ts'

/** All faults by their names. A fleet can mix them in, and tests ask for them one by one. */
export const FAULTS = {
  ...CONNECTION_FAULTS,
  ...KEY_EXCHANGE_FAULTS,
  ...SSH_FAULTS,
  ...HELLO_FAULTS,
  ...SESSION_FAULTS,
}

export type FaultName = keyof typeof FAULTS

// Object.keys returns exactly the keys of the type, because FAULTS is a literal.
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]
