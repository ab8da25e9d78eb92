import type { Config } from '../config/schema.ts'
import type { CredentialRow } from '../store/credential-store.ts'
import type { HoldConditions } from '../store/query/filters.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import { type HeldDevice, Holds, type ProbeHold } from './holds.ts'
import { CredentialChoice, type CredentialRule, hasChangedKey } from './probe-tasks.ts'
import { progressOf, type RefreshProgress } from './progress.ts'
import type { BudgetState } from './throttle/throttle.ts'

/**
 * The state of a refresh service at one time that is not in the database. Plain data, since it goes to other
 * threads.
 */
export interface RefreshSnapshot {
  /** Epoch milliseconds. */
  at: number
  /** The progress of the running refreshes. */
  running: RefreshProgress[]
  budgets: BudgetState[]
  credentials: CredentialRow[]
}

/** The part of the configuration that decides whether a device is held back. Plain data, without secrets. */
export interface HoldSettings {
  credentials: readonly CredentialRule[]
  hostKeys: Config['probe']['hostKeys']
  /** The interval of the schedule. */
  intervalMs: number
}

export function holdSettings({
  credentials,
  probe,
  schedule,
}: Pick<Config, 'credentials' | 'probe' | 'schedule'>): HoldSettings {
  return {
    credentials: credentials.map(({ name, match }) => ({ name, match })),
    hostKeys: probe.hostKeys,
    intervalMs: schedule.everyMs,
  }
}

/** Returns what `Holds` knows of all devices, for a filter. */
export function holdConditions(
  { credentials, hostKeys, intervalMs }: HoldSettings,
  states: readonly CredentialRow[],
  at: number,
): HoldConditions {
  const suspended = new Set(states.filter(({ state }) => state === 'SUSPENDED').map(({ name }) => name))
  return {
    at,
    intervalMs,
    checksHostKeys: hostKeys === 'trust-first',
    credentials: credentials.map(({ name, match }) => ({ name, match, isUsable: !suspended.has(name) })),
  }
}

/** Decides which devices are held back without knowing the secrets of credentials. */
export function holdsBy(settings: HoldSettings, credentials: () => readonly CredentialRow[]): Holds {
  const choice = new CredentialChoice(settings.credentials)
  return new Holds(
    {
      hasChangedKey: ({ hostKey }) => hasChangedKey(hostKey, settings.hostKeys),
      credentialOf: (device) => choice.for(device)?.name ?? null,
    },
    {
      isSuspended: (name) =>
        credentials().some((credential) => credential.name === name && credential.state === 'SUSPENDED'),
    },
    settings.intervalMs,
  )
}

/** Answers from a snapshot, in another thread, as `RefreshService` did at that time. */
export class RefreshSnapshotView {
  readonly #snapshot: RefreshSnapshot
  readonly #running: ReadonlyMap<number, RefreshProgress>
  readonly #holds: Holds
  readonly #settings: HoldSettings

  constructor(snapshot: RefreshSnapshot, settings: HoldSettings) {
    this.#snapshot = snapshot
    this.#settings = settings
    this.#running = new Map(snapshot.running.map((progress) => [progress.refreshId, progress]))
    this.#holds = holdsBy(settings, () => snapshot.credentials)
  }

  progress(row: RefreshRow): RefreshProgress {
    return this.#running.get(row.id) ?? progressOf(row, undefined, this.#snapshot.at)
  }

  holdOf(device: HeldDevice): ProbeHold | null {
    return this.#holds.holdOf(device, this.#snapshot.at)
  }

  holdConditions(): HoldConditions {
    return holdConditions(this.#settings, this.#snapshot.credentials, this.#snapshot.at)
  }

  async credentials(): Promise<CredentialRow[]> {
    return this.#snapshot.credentials
  }

  budgets(): BudgetState[] {
    return this.#snapshot.budgets
  }
}
