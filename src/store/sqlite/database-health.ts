import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { FileIdentity, realPath } from './database-files.ts'

/** How often the files are checked while nothing is written. */
const LOOK_EVERY_MS = 1_000

/**
 * Watches the files of an open database. SQLite goes on writing to a file that was removed, and those writes
 * are lost when it is closed. Damage lasts until the gateway restarts; a file that was moved may come back.
 */
export class DatabaseHealth implements Closable {
  readonly #log: Logger
  readonly #checks: (() => RollcallError | null)[] = []
  #damage: RollcallError | null = null
  #told: string | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  /** Watches the files of the open database at `path` from now on. */
  watch(path: string): void {
    const real = realPath(path)
    const files = [path, `${real}-wal`, `${real}-shm`].map((file) => new FileIdentity(file))
    this.add(() => {
      const gone = files.find((file) => !file.isThere())
      return gone === undefined ? null : removed(gone.path)
    })
    this.#timer = setInterval(() => this.problem(), LOOK_EVERY_MS)
    this.#timer.unref()
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
      if (told === null) this.#log.info('the database is as it was again')
      else this.#log.error(told)
      this.#told = told
    }
    return found
  }

  /**
   * Called before each write, and before a write is reported as done.
   *
   * @throws RollcallError DATABASE_UNAVAILABLE if the files are not those that were opened
   */
  ensureWritable(): void {
    const problem = this.problem()
    if (problem !== null && problem !== this.#damage) throw problem
  }

  /** Stops watching, and logs if what was written last is lost. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const problem = this.problem()
    if (problem === null || problem === this.#damage) return
    this.#log.error(`${problem.message} What was not yet in the files that are there now is lost.`)
  }
}

function removed(path: string): RollcallError {
  return new RollcallError(
    'DATABASE_UNAVAILABLE',
    `The database file ${path} was removed or replaced while Rollcall was running, so nothing is written any more; put it back, or restart Rollcall.`,
    { publicMessage: 'The database cannot be written at present (its file was removed or replaced).' },
  )
}
