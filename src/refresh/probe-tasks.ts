import { matches } from '../config/match.ts'
import type { Config } from '../config/schema.ts'
import type { ProbeReport, ProbeTask } from '../netconf/probe-report.ts'

/** What decides which credential and which requirements apply to a device. */
export interface ProbedDevice {
  name: string
  address: string
  port: number
  platform: string | null
  credential: string | null
  site: string
  country: string
}

export const PROBE_HOLDS = [
  'DECOMMISSIONED',
  'CREDENTIAL_SUSPENDED',
  'HOST_KEY_CHANGED',
  'NO_CREDENTIAL',
  'BACKING_OFF',
] as const
/** Why a device is not being probed. The contract's `ProbeHold`. */
export type ProbeHold = (typeof PROBE_HOLDS)[number]

/** Turns devices into probe tasks as the configuration says. */
export class ProbeTasks {
  readonly #config: Pick<Config, 'credentials' | 'probe'>

  constructor(config: Pick<Config, 'credentials' | 'probe'>) {
    this.#config = config
  }

  /** The task for a device; null where no credential is configured for it. */
  taskFor(device: ProbedDevice): ProbeTask | null {
    const credential = this.#credentialFor(device)
    if (!credential) return null
    return {
      host: device.address,
      port: device.port,
      credential,
      required: this.#config.probe.requiredCapabilities
        .filter((required) => matches(required.match, device))
        .map((required) => required.requirement),
      timeoutMs: this.#config.probe.timeoutMs,
    }
  }

  hasCredential(device: ProbedDevice): boolean {
    return this.#credentialFor(device) !== undefined
  }

  #credentialFor(device: ProbedDevice) {
    return this.#config.credentials.find((credential) =>
      device.credential === null ? matches(credential.match, device) : credential.name === device.credential,
    )
  }
}

/** The result of a device that no credential fits: it is told, not left out. */
export function skippedWithoutCredential(device: ProbedDevice, at: number): ProbeReport {
  const message =
    device.credential === null
      ? 'No credential matches this device: add one to `credentials` in the configuration.'
      : `The inventory names the credential "${device.credential}" for this device, and the configuration has none of that name.`
  return withoutProbe('SKIPPED', message, at)
}

/** The result of a device whose probe threw, which only a bug does. */
export function failedByBug(at: number): ProbeReport {
  return withoutProbe(
    'PROTOCOL_ERROR',
    'Rollcall itself failed while it probed this device; its log says more.',
    at,
  )
}

function withoutProbe(outcome: ProbeReport['outcome'], message: string, at: number): ProbeReport {
  return {
    outcome,
    phase: 'QUEUED',
    message,
    startedAt: at,
    durationMs: 0,
    phases: [],
    capabilities: null,
    missing: [],
    sessionId: null,
    peer: { address: null, identification: null, hostKey: null, algorithms: null, framing: null },
  }
}
