import { messageOf, RollcallError, systemCodeOf } from '../../base/errors.ts'

/** Advice for the primary result codes of SQLite that are not bugs. A full quota is an IOERR. */
const ADVICE: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'is locked by another process; end that process',
  SQLITE_CANTOPEN: 'cannot be opened; check that its path is right and that this user may write there',
  SQLITE_CORRUPT: 'is damaged; restore it from a backup',
  SQLITE_FULL: 'cannot grow because its disk is full; free some space',
  SQLITE_IOERR: 'cannot be read or written; check its disk, and the space that this user has left on it',
  SQLITE_NOMEM: 'needs more memory than the machine has left; free some',
  SQLITE_NOTADB: 'is not a SQLite database; name another file',
  SQLITE_PERM: 'may not be opened by this user; change its permissions',
  SQLITE_READONLY: 'cannot be written by this user; change its permissions or name another file',
}

/** The same for an open database, whose path and permissions were right. */
const ADVICE_ONCE_OPEN: Readonly<Record<string, string>> = {
  ...ADVICE,
  SQLITE_CANTOPEN:
    'cannot open its files at present; check its folder, the disk, and the limit of open files (ulimit -n)',
}

/** Reasons why a database cannot be written at present, for users of the API. */
const REASONS: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'it is locked by another process',
  SQLITE_CANTOPEN: 'its files cannot be opened',
  SQLITE_FULL: 'its disk is full',
  SQLITE_IOERR: 'its disk does not read or write it',
  SQLITE_NOMEM: 'memory is short',
}

/** Temporary failures: the same call can succeed later, by itself or after the advice was followed. */
const PASSING: ReadonlySet<string> = new Set(['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_NOMEM'])
const PASSING_ONCE_OPEN: ReadonlySet<string> = new Set([...PASSING, 'SQLITE_CANTOPEN'])

/** The message of SQLite about a statement that names a table or a column which is not there. */
const MISSING_PART = /^no such (?:table|column): |^table \S+ has no column named /

/**
 * Returns what `action`, which opens the database at `path`, returns.
 *
 * @throws RollcallError DATABASE_UNAVAILABLE for a failure that may pass, DATABASE_FAILED for one that does
 * not. A bug is thrown unchanged.
 */
export function explained<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (failure) {
    throw explanationOf(failure, path, ADVICE, PASSING)
  }
}

/** The same for a database that is open. */
export function explainedOnceOpen<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (failure) {
    throw explanationOf(failure, path, ADVICE_ONCE_OPEN, PASSING_ONCE_OPEN)
  }
}

function explanationOf(
  failure: unknown,
  path: string,
  adviceOf: Readonly<Record<string, string>>,
  passing: ReadonlySet<string>,
): unknown {
  const primary = primaryCodeOf(failure)
  const advice = adviceOf[primary] ?? alterationIn(failure)
  if (advice === undefined) return failure
  const code = passing.has(primary) ? 'DATABASE_UNAVAILABLE' : 'DATABASE_FAILED'
  const reason = REASONS[primary]
  const publicMessage =
    code === 'DATABASE_UNAVAILABLE' && reason !== undefined
      ? `The database cannot be written at present (${reason}).`
      : `The database ${advice}.`
  return new RollcallError(code, `The database ${path} ${advice}.`, { cause: failure, publicMessage })
}

/** Tells what is wrong if somebody has altered the schema, which was checked when the database was opened. */
function alterationIn(failure: unknown): string | undefined {
  const said = messageOf(failure)
  if (systemCodeOf(failure) !== 'SQLITE_ERROR' || !MISSING_PART.test(said)) return undefined
  // SQLite adds a hint about quotes, which is of use only to a person who writes SQL.
  return `was altered (${said.replace(/ - should this be .*/, '')}); restore it from a backup`
}

/** Tells whether the failure says that the database itself is damaged, or not as Rollcall made it. */
export function isDamage(failure: unknown): failure is RollcallError {
  if (!(failure instanceof RollcallError)) return false
  const { cause } = failure
  const isBroken = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'].includes(primaryCodeOf(cause))
  return isBroken || alterationIn(cause) !== undefined
}

/**
 * Returns SQLite's primary result code: SQLITE_IOERR for SQLITE_IOERR_WRITE. Empty if SQLite did not fail.
 */
export function primaryCodeOf(failure: unknown): string {
  const code = systemCodeOf(failure) ?? ''
  return code.startsWith('SQLITE_') ? code.split('_', 2).join('_') : ''
}
