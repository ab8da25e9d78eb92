import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { DatabaseHealth } from '../opening/database-health.ts'
import { FileIdentity, realPath } from './database-files.ts'

/** How often the files are checked while nothing is written. */
const LOOK_EVERY_MS = 1_000

/**
 * Watches the files of an open database. SQLite goes on writing to a file that was removed, and those writes
 * are lost when it is closed. A file that was moved may come back.
 */
export class FilesHealth extends DatabaseHealth {
  readonly #log: Logger
  #timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    super(log)
    this.#log = log
  }

  /** Watches the files of the open database at `path` from now on. */
  watch(path: string): void {
    const own = new FileIdentity(path)
    const beside = ['-wal', '-shm'].map((suffix) => ({
      suffix,
      file: new FileIdentity(`${realPath(path)}${suffix}`),
    }))
    this.add(() => {
      if (!own.isThere()) return removed(path)
      // A new connection looks for these files where the path leads now. If the database was moved behind a
      // link, that connection would start a second log.
      const real = realPath(path)
      const gone = beside.find(({ suffix, file }) => !file.isThere(`${real}${suffix}`))
      return gone === undefined ? null : removed(`${real}${gone.suffix}`)
    })
    this.#timer = setInterval(() => this.problem(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  /**
   * Called before each write, and before a write is reported as done.
   *
   * @throws RollcallError DATABASE_UNAVAILABLE if the files are not those that were opened
   */
  ensureWritable(): void {
    const obstacle = this.obstacle()
    if (obstacle !== null) throw obstacle
  }

  /** Stops watching, and logs if what was written last is lost. */
  override async close(): Promise<void> {
    clearInterval(this.#timer)
    const obstacle = this.obstacle()
    if (obstacle === null) return
    this.#log.error(
      { event: 'database.files_replaced' },
      `${obstacle.message} What was not yet in the files that are there now is lost.`,
    )
  }
}

function removed(path: string): RollcallError {
  return new RollcallError(
    'DATABASE_UNAVAILABLE',
    `The database file ${path} was removed or replaced while Rollcall was running, ` +
      'so nothing is written any more; put it back, or restart Rollcall.',
    { publicMessage: 'The database cannot be written at present (its file was removed or replaced).' },
  )
}
