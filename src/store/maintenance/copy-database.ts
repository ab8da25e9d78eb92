import { type Kysely, sql } from 'kysely'
import { CloseStack } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { type BulkLoad, loadInTransaction } from '../postgres/bulk-load.ts'
import { openPostgresDatabase, type PostgresLogin } from '../postgres/open.ts'
import { openSqliteDatabase } from '../sqlite/open.ts'
import type { Database } from '../tables/database.ts'
import { copiedTables, nextId, tablesWithIdentity } from './copied-tables.ts'
import { copyText, RowsHash, readRows, type TableColumns } from './table-rows.ts'

export interface CopyOptions {
  /** The SQLite file; it is brought up to date. */
  from: string
  /** The URL of a PostgreSQL database without rows; its tables are created if it has none. */
  to: string
  login: PostgresLogin
  log: Logger
  /** Called with the number of rows that are copied or checked, and that of all. */
  onProgress: (done: number, all: number) => void
  signal: AbortSignal
}

export interface CopiedTable {
  table: string
  rows: number
  /** SHA-256 over the rows in hex; the same in both databases. */
  sha256: string
}

/**
 * Copies a database from SQLite to PostgreSQL with everything in it. The steps:
 *
 * 1. Both databases are locked, so that no gateway uses them, and brought up to date.
 * 2. One transaction on each side: SQLite takes no writes meanwhile, and PostgreSQL keeps all rows or none.
 *    So a copy that failed or was killed can be repeated.
 * 3. Each table is read, sent with COPY, read again from PostgreSQL, and compared by number of rows and hash.
 * 4. The next ids of PostgreSQL follow those that SQLite has given last.
 *
 * @throws RollcallError CONFLICT if the target has rows, DATABASE_IN_USE or DATABASE_FAILED if a gateway uses
 * one of the two, else as `openStore` does
 */
export async function copyDatabase(options: CopyOptions): Promise<CopiedTable[]> {
  const { from, to, login, log } = options
  const onStatement = () => {}
  const stack = new CloseStack()
  try {
    const source = stack.own(
      await openSqliteDatabase({ path: from, log, onStatement, checkAfterMs: CHECK_AFTER_MS }),
    )
    stack.own(await source.lock())
    const target = stack.own(await openPostgresDatabase({ url: to, ...login, log, onStatement }))
    stack.own(await target.lock())
    const copied = await source.db
      .transaction()
      .execute((sqlite) =>
        loadInTransaction(to, login, (load) => new Copy(sqlite, load, options).run(target.name)),
      )
    // Without it, PostgreSQL chooses plans blindly and reads rows for what indexes alone could answer.
    await sql`vacuum (analyze)`.execute(target.db)
    return copied
  } finally {
    await stack.close()
  }
}

/** A check for damage is of no use here: every row is read. */
const CHECK_AFTER_MS = 24 * 3_600_000

class Copy {
  readonly #sqlite: Kysely<Database>
  readonly #load: BulkLoad
  readonly #options: CopyOptions
  #done = 0
  #all = 0

  constructor(sqlite: Kysely<Database>, load: BulkLoad, options: CopyOptions) {
    this.#sqlite = sqlite
    this.#load = load
    this.#options = options
  }

  async run(targetName: string): Promise<CopiedTable[]> {
    const tables = await copiedTables(this.#sqlite)
    for (const { table } of tables) {
      await this.#expectEmpty(table, targetName)
      // Each row is copied and checked.
      this.#all += 2 * (await countRows(this.#sqlite, table))
    }
    const copied: CopiedTable[] = []
    for (const table of tables) {
      const sent = await this.#copy(table)
      const kept = await this.#hash(table)
      if (kept.rows !== sent.rows || kept.sha256 !== sent.sha256) throw differs(table, targetName)
      copied.push({ table: table.table, ...sent })
    }
    for (const table of await tablesWithIdentity(this.#load.db)) {
      if (!copied.some((each) => each.table === table)) continue
      const id = await nextId(this.#sqlite, table)
      await sql`alter table ${sql.table(table)} alter column id restart with ${sql.lit(id)}`.execute(
        this.#load.db,
      )
    }
    return copied
  }

  async #expectEmpty(table: string, name: string): Promise<void> {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(this.#load.db)
    if (rows.length === 0) return
    throw new RollcallError(
      'CONFLICT',
      `The database ${name} is not empty: its table ${table} has rows. Name an empty database.`,
    )
  }

  async #copy(table: TableColumns): Promise<{ rows: number; sha256: string }> {
    const hash = new RowsHash(table)
    const texts = async function* (this: Copy) {
      for await (const rows of readRows(this.#sqlite, table)) {
        hash.add(rows)
        yield copyText(rows, table.columns)
        this.#note(rows.length)
      }
    }
    await this.#load.copy(table, texts.call(this), this.#options.signal)
    return hash.result()
  }

  async #hash(table: TableColumns): Promise<{ rows: number; sha256: string }> {
    const hash = new RowsHash(table)
    for await (const rows of readRows(this.#load.db, table)) {
      this.#options.signal.throwIfAborted()
      hash.add(rows)
      this.#note(rows.length)
    }
    return hash.result()
  }

  #note(rows: number): void {
    this.#done += rows
    this.#options.onProgress(this.#done, this.#all)
  }
}

async function countRows(db: Kysely<Database>, table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db)
  return rows[0]?.count ?? 0
}

function differs({ table }: TableColumns, name: string): RollcallError {
  return new RollcallError(
    'DATABASE_FAILED',
    `The rows of ${table} in the database ${name} are not those that were sent, so nothing was kept there. ` +
      'Look for triggers in that database that Rollcall did not make.',
  )
}
