import type { Clock } from '../../base/clock.ts'
import type { CredentialRow } from '../../store/credential-store.ts'
import type { EngineRow } from '../../store/engine-store.ts'
import type { EngineState } from './engine-state.ts'

/** An engine that has written nothing for this long is taken to be gone. It writes every second. */
export const ENGINE_SILENT_MS = 8_000

/** What this process knows of the engine that works, from what that one stores every second. */
export class EngineView {
  readonly #clock: Clock
  #text: string | null = null
  #state: EngineState | null = null
  #isWorking = false
  #credentials: CredentialRow[] = []
  /** The time of the engine's clock, and of `Clock.elapsed`, at the last update. */
  #seen = { at: 0, elapsed: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether an engine works, as far as is known. */
  get isWorking(): boolean {
    return this.#isWorking
  }

  /** The state of the engine that works, or that worked last; null if there was none. */
  get state(): EngineState | null {
    return this.#state
  }

  /** One sentence on what keeps results from being written at present; null if nothing does. */
  get pausedBecause(): string | null {
    return this.#isWorking ? (this.#state?.pausedBecause ?? null) : null
  }

  /** The states of the credentials, also while no engine works. */
  get credentials(): CredentialRow[] {
    return this.#credentials
  }

  /** The time by the engine's clock; the machine's own if no engine was ever seen. */
  now(): number {
    if (this.#state === null) return this.#clock.now()
    return Math.round(this.#seen.at + this.#clock.elapsed() - this.#seen.elapsed)
  }

  /**
   * Takes over what was read from the database. Returns whether that changed what keeps refreshes waiting.
   *
   * @param stored the credentials as they are stored
   */
  update(row: EngineRow | null, stored: CredentialRow[]): boolean {
    const before = this.pausedBecause
    this.#isWorking = row !== null && row.holder !== null && row.unseenMs < ENGINE_SILENT_MS
    if (row !== null && row.state !== null && row.state !== this.#text) {
      this.#state = JSON.parse(row.state)
      this.#text = row.state
      this.#seen = { at: (this.#state?.at ?? 0) + row.unseenMs, elapsed: this.#clock.elapsed() }
    }
    this.#credentials = this.#isWorking && this.#state !== null ? this.#state.credentials : stored
    return before !== this.pausedBecause
  }
}
