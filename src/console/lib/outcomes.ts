import type { ProbeOutcome } from '../api/generated.ts'
import { words } from './format.ts'

/** The six classes of outcomes; each has a shape and a colour of its own. */
export type OutcomeClass = 'good' | 'lacks' | 'refuses' | 'broken' | 'absent' | 'unknown'

export interface OutcomeMeaning {
  class: OutcomeClass
  label: string
  /** The action that helps. */
  advice: string
}

const MEANINGS: Record<ProbeOutcome, Omit<OutcomeMeaning, 'label'>> = {
  SUPPORTED: { class: 'good', advice: 'Nothing to do.' },
  MISSING_CAPABILITIES: {
    class: 'lacks',
    advice: 'Enable what is missing on the device, or no longer require it of this platform.',
  },
  AUTH_FAILED: {
    class: 'refuses',
    advice: 'Check the login of the credential, and whether the account may log in on this device.',
  },
  HOST_KEY_CHANGED: {
    class: 'refuses',
    advice: 'Find out why the key changed; trust the new one only if the device was replaced or reset.',
  },
  NO_NETCONF: { class: 'refuses', advice: 'Enable NETCONF over SSH on the device, or correct its port.' },
  PROTOCOL_ERROR: { class: 'broken', advice: 'Check the software of the device: it breaks the protocol.' },
  SSH_FAILED: {
    class: 'broken',
    advice: 'Check which algorithms the device offers; old devices need `legacy`.',
  },
  TIMEOUT: { class: 'absent', advice: 'Check the device and the way to it: it did not answer in time.' },
  CONNECTION_REFUSED: { class: 'absent', advice: 'Enable NETCONF on the device, or correct its port.' },
  UNREACHABLE: { class: 'absent', advice: 'Check the route and the firewalls on the way to the device.' },
  DNS_FAILED: { class: 'absent', advice: 'Correct the name in the inventory, or add it to the DNS.' },
  CONNECTION_LOST: { class: 'absent', advice: 'Probe it again; check the line if it happens often.' },
  SKIPPED: { class: 'unknown', advice: 'The message says what kept it from being probed.' },
  CANCELLED: { class: 'unknown', advice: 'The refresh was cancelled; probe it again.' },
}

/** The meaning of an outcome; null stands for a device that was never probed. */
export function meaningOf(outcome: ProbeOutcome | null | undefined): OutcomeMeaning {
  if (!outcome)
    return { class: 'unknown', label: 'never probed', advice: 'Start a refresh that includes it.' }
  const known: Omit<OutcomeMeaning, 'label'> | undefined = MEANINGS[outcome]
  // A newer gateway may know more outcomes than this page.
  return { label: words(outcome), ...(known ?? { class: 'unknown', advice: '' }) }
}

/** The outcome that an address names in upper or lower case; null if there is none of this name. */
export function knownOutcome(text: string): ProbeOutcome | null {
  const name = text.toUpperCase()
  return Object.hasOwn(MEANINGS, name) ? (name as ProbeOutcome) : null
}
