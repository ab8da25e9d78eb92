import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { FileIdentity } from './file-identity.ts'
import { realPath } from './real-path.ts'

/** How soon the log tells of a problem that nothing has run into. */
const LOOK_EVERY_MS = 1_000

/**
 * What is wrong with the files of a database that is open: SQLite goes on writing to a file that was removed, and all of that is
 * lost once it is closed. What is damaged stays so until the gateway is started again; a file that was moved may come back.
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

  /** Watches the files of the database at `path`, which is open, from now on. */
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

  /** Asks `check` as well from now on. */
  add(check: () => RollcallError | null): void {
    this.#checks.push(check)
  }

  /** Remembers that the database is damaged, as the sentence says. */
  noteDamage(damage: string): void {
    this.#damage ??= new RollcallError('DATABASE_FAILED', damage, {
      publicMessage: 'The database is damaged; restore it from a backup.',
    })
    this.problem()
  }

  /** The first problem, or null. Tells the log when there is a new one, and when there is none any more. */
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
   * To be called before something is written, and before something written is reported.
   *
   * @throws RollcallError DATABASE_UNAVAILABLE if the files are not those that were opened
   */
  ensureWritable(): void {
    const problem = this.problem()
    if (problem !== null && problem !== this.#damage) throw problem
  }

  /** Tells the log what becomes of the database at its end. */
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
