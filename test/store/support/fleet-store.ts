import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import type { Database } from '../../../src/store/tables/database.ts'
import { FleetWriter, type PlainDevice } from './plain-fleet.ts'

/** A store over a fleet, for the tests of a file or for one run of a property. */
export interface FleetStore extends AsyncDisposable {
  store: Store
  path: string
  /** What the store ran since the fleet was written. */
  statements: string[]
  writer: FleetWriter
  /** For statements that the store itself does not run. */
  db: Kysely<Database>
  /** What SQLite means to do for a statement: the lines of EXPLAIN QUERY PLAN. What is bound to it makes no difference. */
  planOf: (sql: string) => string[]
}

export async function fleetStore(devices: readonly PlainDevice[]): Promise<FleetStore> {
  // What is there already goes again where the rest cannot be had.
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-fleet-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'rollcall.db')
  const statements: string[] = []
  const store = await openStore({
    database: path,
    log: silentLogger,
    onStatement: (sql) => statements.push(sql),
  })
  stack.defer(() => store.close())
  const writer = new FleetWriter(path)
  stack.defer(() => writer.close())
  writer.write(devices)
  statements.length = 0
  const sqlite = new Sqlite(path)
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: sqlite }) })
  stack.defer(() => db.destroy())
  const all = stack.move()
  return {
    store,
    path,
    statements,
    writer,
    db,
    planOf: (sql) => {
      const unbound = new Array(sql.split('?').length - 1).fill(null)
      const rows = sqlite.prepare<unknown[], { detail: string }>(`explain query plan ${sql}`).all(...unbound)
      return rows.map(({ detail }) => detail)
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** With ids, and no two of a name at one site. */
export function numbered(devices: readonly Omit<PlainDevice, 'id'>[]): PlainDevice[] {
  const byPlace = new Map(devices.map((device) => [`${device.site.id} ${device.name}`, device]))
  return [...byPlace.values()].map((device, index) => ({ ...device, id: index + 1 }))
}
