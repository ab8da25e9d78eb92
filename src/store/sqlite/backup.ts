import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf, RollcallError } from '../../base/errors.ts'
import { realPath } from './database-files.ts'
import { inspectSqlite } from './open.ts'
import { copySqlite, openCheckpointer } from './sqlite.ts'
import { primaryCodeOf } from './sqlite-failure.ts'

export interface BackupOptions {
  /** The database, which a gateway may be using. */
  path: string
  /** The file to write; its folder must exist. */
  target: string
  /** Whether a file that exists is replaced. Without it, the backup is refused. */
  replace: boolean
  /** Called with the copied pages and all pages. */
  onProgress: (copied: number, all: number) => void
  signal: AbortSignal
}

/**
 * Writes a copy of a SQLite database, of one moment, that only its user can read. It has the version of the
 * database: nothing is migrated. The steps:
 *
 * 1. The copy is made in a file beside the target, and checked for damage.
 * 2. The copy is synced to the disk and gets the name of the target. So the target is never half a backup.
 *
 * @returns its size in bytes
 * @throws RollcallError CONFLICT if the target may not be written, DATABASE_FAILED if the database is damaged
 * or empty or that of another program, else as opening a database does
 */
export async function backUpSqlite(options: BackupOptions): Promise<number> {
  const { path, target, replace } = options
  refuseTarget(options)
  await expectOurs(path)
  const partial = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.partial`)
  try {
    closeSync(openSync(partial, 'wx', 0o600))
    await writePartial(options, partial)
    const size = statSync(partial).size
    syncFile(partial)
    if (!replace) refuseTarget(options)
    renameSync(partial, target)
    syncFile(dirname(target))
    return size
  } catch (failure) {
    for (const file of [partial, `${partial}-journal`]) rmSync(file, { force: true })
    if (failure instanceof RollcallError) throw failure
    throw notWritten(failure, { path, target })
  }
}

async function writePartial({ path, onProgress, signal }: BackupOptions, partial: string): Promise<void> {
  await copySqlite(path, partial, (copied, all) => {
    signal.throwIfAborted()
    onProgress(copied, all)
  })
  const checker = openCheckpointer(partial)
  try {
    if (checker.findDamage() === null) return
  } finally {
    checker.close()
  }
  throw new RollcallError(
    'DATABASE_FAILED',
    `The database ${path} is damaged, so no backup was written; restore it from an older backup.`,
  )
}

/** A file that was emptied is sound, and its copy would replace the last good backup. */
async function expectOurs(path: string): Promise<void> {
  let isEmpty = false
  try {
    const { tables, close } = await inspectSqlite(path)
    isEmpty = tables.length === 0
    await close()
  } catch (failure) {
    if (!(failure instanceof RollcallError) || failure.code !== 'DATABASE_TOO_NEW') throw failure
  }
  if (!isEmpty) return
  throw new RollcallError(
    'DATABASE_FAILED',
    `The database ${path} is empty, so no backup was written; restore it from an older backup.`,
  )
}

function refuseTarget({ path, target, replace }: BackupOptions): void {
  const real = realPath(path)
  const own = [real, `${real}-wal`, `${real}-shm`, `${real}-lock`, `${real}-journal`]
  if (own.includes(realPath(target)) || own.includes(join(realPath(dirname(target)), basename(target)))) {
    throw new RollcallError(
      'CONFLICT',
      `The file ${target} belongs to the database itself; name another file for the backup.`,
    )
  }
  const found = statSync(target, { throwIfNoEntry: false })
  if (found !== undefined && !found.isFile()) {
    throw new RollcallError('CONFLICT', `The target ${target} is not a regular file; name another one.`)
  }
  if (found !== undefined && !replace) {
    throw new RollcallError(
      'CONFLICT',
      `The file ${target} exists already; name another one, or add --force to replace it.`,
    )
  }
  if (!existsSync(dirname(target))) {
    throw new RollcallError('CONFLICT', `The folder ${dirname(target)} does not exist; create it.`)
  }
}

/** Waits until the disk has what was written to a file or a folder. */
function syncFile(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function notWritten(failure: unknown, { path, target }: { path: string; target: string }): RollcallError {
  if (['SQLITE_CORRUPT', 'SQLITE_NOTADB'].includes(primaryCodeOf(failure))) {
    return new RollcallError(
      'DATABASE_FAILED',
      `The database ${path} is damaged (${messageOf(failure)}); restore it from an older backup.`,
      { cause: failure },
    )
  }
  return new RollcallError(
    'CONFLICT',
    `The backup ${target} cannot be written (${messageOf(failure)}); ` +
      'check its folder and the space on its disk, or name another file.',
    { cause: failure },
  )
}
