import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { systemCodeOf } from '../../../src/base/errors.ts'

/** What a database holds whose gateway is gone. */
export interface DatabaseState {
  /** What `pragma integrity_check` says: `ok` where all is well. */
  integrity: string
  /** Of the refresh that was asked for. */
  targets: number
  results: number
}

/**
 * Looks into a copy of the database and its write-ahead log: to open it would mend it, and the gateway that comes next is
 * to find it as the last one left it.
 *
 * @param refreshId the id of the row
 */
export async function databaseState(path: string, refreshId: number): Promise<DatabaseState> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  try {
    const copy = join(folder, 'copy.db')
    await copyFile(path, copy)
    await copyFile(`${path}-wal`, `${copy}-wal`).catch((failure: unknown) => {
      if (systemCodeOf(failure) !== 'ENOENT') throw failure
    })
    const sqlite = new Sqlite(copy)
    const count = (table: string): number => {
      const select = sqlite.prepare<[number], { count: number }>(
        `select count(*) as count from ${table} where refresh_id = ?`,
      )
      return select.get(refreshId)?.count ?? 0
    }
    const state = {
      integrity: String(sqlite.pragma('integrity_check', { simple: true })),
      targets: count('refresh_targets'),
      results: count('probes'),
    }
    sqlite.close()
    return state
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
