import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../tables/database.ts'

/** Rows per statement. Some rows are long: a capability set may have thousands of URIs. */
const ROWS_PER_STATEMENT = 200

type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

/** A table, and the columns of it that are read. */
export interface TableColumns {
  readonly table: string
  /** The columns of the primary key, which give the order of the rows. */
  readonly key: readonly string[]
  readonly columns: readonly string[]
}

/** Reads all rows of a table of either kind of database in the order of the key, some at a time. */
export async function* readRows(
  db: Kysely<Database>,
  { table, key, columns }: TableColumns,
): AsyncGenerator<Row[]> {
  const selected = sql.join(columns.map((column) => sql.ref(column)))
  const ids = sql.join(key.map((column) => sql.ref(column)))
  for (let last: Row | undefined; ; ) {
    const values = sql.join(key.map((column) => last?.[column] ?? null))
    const after = last === undefined ? sql`true` : sql`(${ids}) > (${values})`
    const { rows } = await sql<Row>`
      select ${selected} from ${sql.table(table)}
      where ${after} order by ${ids} limit ${sql.lit(ROWS_PER_STATEMENT)}`.execute(db)
    if (rows.length > 0) yield rows
    if (rows.length < ROWS_PER_STATEMENT) return
    last = rows.at(-1)
    await nextTurn()
  }
}

/** Counts rows, and computes a hash of them that is the same for both kinds of database. */
export class RowsHash {
  readonly #hash = createHash('sha256')
  readonly #columns: readonly string[]
  #rows = 0

  constructor({ columns }: TableColumns) {
    this.#columns = columns
  }

  add(rows: readonly Row[]): void {
    this.#rows += rows.length
    for (const row of rows) {
      this.#hash.update(JSON.stringify(this.#columns.map((column) => storable(row[column] ?? null))))
    }
  }

  /** The number of rows, and SHA-256 in hex; for one call at the end. */
  result(): { rows: number; sha256: string } {
    return { rows: this.#rows, sha256: this.#hash.digest('hex') }
  }
}

/** Formats rows as lines in the text format of PostgreSQL's COPY. */
export function copyText(rows: readonly Row[], columns: readonly string[]): string {
  const lines = rows.map((row) => columns.map((column) => copyField(row[column] ?? null)).join('\t'))
  return `${lines.join('\n')}\n`
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function copyField(value: Value): string {
  if (value === null) return '\\N'
  return String(storable(value)).replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character)
}

/** PostgreSQL stores every character but U+0000; see `Connections`. */
function storable(value: Value): Value {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value
}
