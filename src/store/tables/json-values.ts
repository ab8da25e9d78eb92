import {
  type AliasedExpression,
  BinaryOperationNode,
  type Expression,
  ExpressionWrapper,
  OperatorNode,
  type SqlBool,
  sql,
} from 'kysely'
import type { Database } from './database.ts'
import { PerDialectNode, perDialect } from './per-dialect.ts'

/** The kinds of the columns of a table, which PostgreSQL has to know; an `integer` has 64 bits. */
type ColumnKinds<R> = {
  readonly [Column in keyof R]: NonNullable<R[Column]> extends string ? 'text' : 'integer' | 'real'
}

const ARRAYS = { text: 'text[]', integer: 'int8[]', real: 'float8[]' }

/** The right-hand side of an `in`: PostgreSQL compares with an array instead. */
export class ListNode extends PerDialectNode {
  /** The array, as one bound value. */
  readonly array: Expression<unknown>

  constructor(values: readonly (string | number)[]) {
    const json = () => sql`(select value from json_each(${JSON.stringify(values)}))`
    const array = sql.val(values.filter(isStorable))
    super({ sqlite: json, postgres: () => sql`(select unnest(${array}))` })
    this.array = array
  }
}

/** Tells whether a column may hold a value. PostgreSQL refuses to compare with others. */
export function isStorable(value: string | number): boolean {
  return typeof value === 'string' ? !value.includes('\0') : Number.isSafeInteger(value)
}

/**
 * A list for `in`, as one bound value. Neither the text of the statement nor the number of its variables
 * depends on the length of the list, so it is prepared once, and SQLite's limit on variables is never met.
 */
export function jsonList<T extends string | number>(values: readonly T[]): Expression<T> {
  return new ExpressionWrapper<Database, never, T>(new ListNode(values))
}

/** Tells whether a value is one of a list, which is bound as `jsonList` does it. */
export function isOneOf(
  value: Expression<unknown>,
  values: readonly (string | number)[],
): Expression<SqlBool> {
  const comparison = BinaryOperationNode.create(
    value.toOperationNode(),
    OperatorNode.create('in'),
    new ListNode(values),
  )
  return new ExpressionWrapper<Database, never, SqlBool>(comparison)
}

/**
 * A table of plain objects to select from, as one bound value; in PostgreSQL, as one for each column.
 *
 * @param kinds the columns in their order, with their kinds
 */
export function jsonTable<R extends object, A extends string, Column extends keyof R & string>(
  alias: A,
  kinds: ColumnKinds<Pick<R, Column>>,
  rows: readonly R[],
): AliasedExpression<Pick<R, Column>, A> {
  const columns = columnsOf(kinds)
  return perDialect<Pick<R, Column>>({
    sqlite: () => {
      const selected = columns.map((column, index) => sql`value ->> ${sql.lit(index)} as ${sql.ref(column)}`)
      // Costs half as much as `json_each` over objects, which parses each row again and searches its keys.
      const tuples = JSON.stringify(rows.map((row) => columns.map((column) => row[column])))
      return sql`(select ${sql.join(selected)} from jsonb_each(${tuples}))`
    },
    postgres: () => {
      const arrays = columns.map((column) => {
        const values = rows.map((row) => row[column])
        return sql`${sql.val(values)}::${sql.raw(ARRAYS[kinds[column]])}`
      })
      const names = columns.map((column) => sql.id(column))
      return sql`(select * from unnest(${sql.join(arrays)}) as given (${sql.join(names)}))`
    },
  }).as(alias)
}

/** Returns the names of columns in their order. */
export function columnsOf<Column extends string>(kinds: Readonly<Record<Column, unknown>>): Column[] {
  return Object.keys(kinds) as Column[]
}
