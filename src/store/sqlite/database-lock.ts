import type { Closable } from '../../base/close.ts'
import { messageOf, RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { FileIdentity, realPath } from './database-files.ts'
import { lockFile } from './sqlite.ts'
import { primaryCodeOf } from './sqlite-failure.ts'

/**
 * Locks the database for one process that probes: two would continue each other's refreshes. It is a lock of
 * SQLite on a file beside the database, so the system releases it however the process ends.
 *
 * @throws RollcallError DATABASE_FAILED if another process holds it, or the lock file cannot be used
 */
export class DatabaseLock implements Closable {
  readonly #path: string
  readonly #log: Logger
  readonly #held: { close(): void }[]
  #identity: FileIdentity

  constructor(path: string, log: Logger) {
    this.#path = path
    this.#log = log
    this.#held = [lock(path)]
    this.#identity = new FileIdentity(lockPath(path))
  }

  /**
   * Returns null while this process holds the lock. A lock file that was removed or replaced is locked again;
   * if another process has locked it first, that one has the database.
   */
  problem(): RollcallError | null {
    if (this.#identity.isThere()) return null
    try {
      this.#held.push(lock(this.#path))
      this.#identity = new FileIdentity(lockPath(this.#path))
      this.#log.warn(
        { event: 'database.lock_replaced', file: lockPath(this.#path) },
        'the lock file was removed or replaced, and is locked anew',
      )
      return null
    } catch (failure) {
      return new RollcallError(
        'DATABASE_UNAVAILABLE',
        `The lock file of the database ${this.#path} was removed or replaced, ` +
          `and it cannot be locked anew, so nothing is written any more: ${messageOf(failure)}`,
        {
          cause: failure,
          publicMessage: 'The database cannot be written at present (another process uses it).',
        },
      )
    }
  }

  async close(): Promise<void> {
    for (const each of this.#held.splice(0)) each.close()
  }
}

/**
 * The lock is beside the file itself, because two gateways may open one database through different symbolic
 * links.
 */
function lockPath(path: string): string {
  return `${realPath(path)}-lock`
}

function lock(path: string): { close(): void } {
  const file = lockPath(path)
  try {
    return lockFile(file)
  } catch (failure) {
    if (failure instanceof RollcallError) throw failure
    const code = primaryCodeOf(failure) === 'SQLITE_BUSY' ? 'DATABASE_IN_USE' : 'DATABASE_FAILED'
    throw new RollcallError(code, whyNotLocked(failure, { path, file }), { cause: failure })
  }
}

function whyNotLocked(failure: unknown, { path, file }: { path: string; file: string }): string {
  switch (primaryCodeOf(failure)) {
    case 'SQLITE_BUSY':
      return (
        `The database ${path} is in use by another process, a gateway or \`rollcall refresh\`; ` +
        'end that one, or set `database` to another file.'
      )
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return `The lock file ${file} was not made by Rollcall; remove it.`
    case 'SQLITE_FULL':
      return `The lock file ${file} cannot be written because its disk is full; free some space.`
    default:
      return (
        `The lock file ${file} cannot be used (${messageOf(failure)}); ` +
        'check its permissions and its disk, or remove it while no gateway runs.'
      )
  }
}
