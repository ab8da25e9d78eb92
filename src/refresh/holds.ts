import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { CredentialGuard } from './credential-guard.ts'
import { skippedReport } from './pool/unprobed-reports.ts'
import type { ProbedDevice, ProbeTasks } from './probe-tasks.ts'

export const PROBE_HOLDS = [
  'DECOMMISSIONED',
  'CREDENTIAL_SUSPENDED',
  'HOST_KEY_CHANGED',
  'NO_CREDENTIAL',
  'BACKING_OFF',
] as const
/** The reason why a device is not probed. The contract's `ProbeHold`. */
export type ProbeHold = (typeof PROBE_HOLDS)[number]

/** The fields of a device that decide whether it is held back. */
export interface HeldDevice extends ProbedDevice {
  lifecycle: string
  /** Epoch milliseconds; null if the device is not in back-off. */
  backOffUntil: number | null
}

/** Decides which devices are not probed, and why. */
export class Holds {
  readonly #tasks: Pick<ProbeTasks, 'hasChangedKey' | 'credentialOf'>
  readonly #guard: Pick<CredentialGuard, 'isSuspended'>
  readonly #intervalMs: number

  /** @param intervalMs the interval of the schedule; no back-off is longer */
  constructor(
    tasks: Pick<ProbeTasks, 'hasChangedKey' | 'credentialOf'>,
    guard: Pick<CredentialGuard, 'isSuspended'>,
    intervalMs: number,
  ) {
    this.#tasks = tasks
    this.#guard = guard
    this.#intervalMs = intervalMs
  }

  /**
   * Returns the hold of a device that matters most; null if it has none.
   *
   * @param at epoch milliseconds
   */
  holdOf(device: HeldDevice, at: number): ProbeHold | null {
    if (device.lifecycle !== 'ACTIVE') return 'DECOMMISSIONED'
    if (this.#tasks.hasChangedKey(device)) return 'HOST_KEY_CHANGED'
    const credential = this.#tasks.credentialOf(device)
    if (credential === null) return 'NO_CREDENTIAL'
    if (this.#guard.isSuspended(credential)) return 'CREDENTIAL_SUSPENDED'
    const leftMs = (device.backOffUntil ?? at) - at
    // A later time was computed before the clock was set back or the interval was shortened: ignore it.
    return leftMs > 0 && leftMs <= this.#intervalMs ? 'BACKING_OFF' : null
  }

  /**
   * Returns the report for a device that is held back, so that a refresh lists the device instead of omitting
   * it.
   */
  skippedReport(device: HeldDevice, hold: ProbeHold, at: number): ProbeReport {
    return skippedReport(this.#messageOf(device, hold), at)
  }

  #messageOf(device: HeldDevice, hold: ProbeHold): string {
    const { hostKey, credential } = device
    switch (hold) {
      case 'DECOMMISSIONED':
        return 'The device is no longer in the inventory.'
      case 'HOST_KEY_CHANGED':
        return (
          `The device showed the host key ${hostKey?.offeredFingerprint} instead of the known ` +
          `${hostKey?.fingerprint}. Find out why. ` +
          'If the new key is right, trust it with `rollcall trust` or the mutation trustHostKey.'
        )
      case 'NO_CREDENTIAL':
        return credential === null
          ? 'No credential matches this device: add one to `credentials` in the configuration.'
          : `The inventory names the credential "${credential}" for this device, and the configuration ` +
              'does not have it.'
      case 'CREDENTIAL_SUSPENDED':
        return (
          `The credential "${this.#tasks.credentialOf(device)}" is suspended because devices ` +
          'rejected it. Correct it and run `rollcall reload`; without a change of its login, resume it ' +
          'with `rollcall resume`, the mutation resumeCredential or a restart.'
        )
      case 'BACKING_OFF': {
        const until = new Date(device.backOffUntil ?? 0).toISOString()
        return `The device keeps failing and is not probed before ${until}. Use \`force\` to probe it now.`
      }
    }
  }
}
