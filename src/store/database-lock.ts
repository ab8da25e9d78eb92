import type { Closable } from '../base/close.ts'
import { messageOf, RollcallError } from '../base/errors.ts'
import { lockFile } from './sqlite.ts'
import { primaryCodeOf } from './sqlite-failure.ts'

/**
 * Holds the database for one process that probes: two would take up each other's refreshes. The lock is SQLite's own, on a file
 * beside the database, so that the system lets go of it however the process ends.
 *
 * @throws RollcallError DATABASE_FAILED if another process holds it, or the lock file cannot be used
 */
export function holdDatabase(path: string): Closable {
  const file = `${path}-lock`
  try {
    const lock = lockFile(file)
    return {
      async close() {
        lock.close()
      },
    }
  } catch (failure) {
    if (failure instanceof RollcallError) throw failure
    throw new RollcallError('DATABASE_FAILED', whyNotLocked(failure, { path, file }), { cause: failure })
  }
}

function whyNotLocked(failure: unknown, { path, file }: { path: string; file: string }): string {
  switch (primaryCodeOf(failure)) {
    case 'SQLITE_BUSY':
      return `The database ${path} is in use by another process, a gateway or \`rollcall refresh\`; end that one, or set \`database\` to another file.`
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return `The lock file ${file} was not made by Rollcall; remove it.`
    case 'SQLITE_FULL':
      return `The lock file ${file} cannot be written because its disk is full; free some space.`
    default:
      return `The lock file ${file} cannot be used (${messageOf(failure)}); check its permissions and its disk, or remove it while no gateway runs.`
  }
}
