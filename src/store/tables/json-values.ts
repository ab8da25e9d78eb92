import { type AliasedRawBuilder, type RawBuilder, sql } from 'kysely'

/**
 * A list for `in`, as one bound value. Neither the text of the statement nor the number of its variables
 * depends on the length of the list, so it is prepared once, and SQLite's limit on variables is never met.
 */
export function jsonList<T extends string | number>(values: readonly T[]): RawBuilder<T> {
  return sql<T>`(select value from json_each(${JSON.stringify(values)}))`
}

/** A table of plain objects to select from, as one bound value. */
export function jsonTable<R extends object, A extends string>(
  alias: A,
  columns: readonly (keyof R & string)[],
  rows: readonly R[],
): AliasedRawBuilder<R, A> {
  const selected = columns.map((column, index) => sql`value ->> ${sql.lit(index)} as ${sql.ref(column)}`)
  // Half the cost of `json_each` over objects, which parses the text of each row again and searches its keys.
  const tuples = JSON.stringify(rows.map((row) => columns.map((column) => row[column])))
  return sql<R>`(select ${sql.join(selected)} from jsonb_each(${tuples}))`.as<A>(alias)
}
