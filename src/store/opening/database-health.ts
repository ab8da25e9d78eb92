import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'

/** Tells what is wrong with an open database. Damage lasts until the gateway restarts; the rest may pass. */
export class DatabaseHealth implements Closable {
  readonly #log: Logger
  readonly #checks: (() => RollcallError | null)[] = []
  #damage: RollcallError | null = null
  #told: string | null = null

  constructor(log: Logger) {
    this.#log = log
  }

  /** Includes `check` from now on. */
  add(check: () => RollcallError | null): void {
    this.#checks.push(check)
  }

  /** Records that the database is damaged; `damage` is a sentence. */
  noteDamage(damage: string): void {
    this.#damage ??= new RollcallError('DATABASE_FAILED', damage, {
      publicMessage: 'The database is damaged; restore it from a backup.',
    })
    this.problem()
  }

  /** Returns the first problem, or null. Logs each new problem, and when there is none any more. */
  problem(): RollcallError | null {
    let found = this.#damage
    for (const check of this.#checks) found ??= check()
    const told = found?.message ?? null
    if (told !== this.#told) {
      if (told === null) this.#log.info({ event: 'database.healthy' }, 'the database is as it was again')
      else this.#log.error({ event: 'database.damaged' }, told)
      this.#told = told
    }
    return found
  }

  /** Returns what keeps the database from being written, or null; damage does not. */
  obstacle(): RollcallError | null {
    const problem = this.problem()
    return problem === this.#damage ? null : problem
  }

  async close(): Promise<void> {}
}
