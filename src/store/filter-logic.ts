import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import { RollcallError } from '../base/errors.ts'
import type { Database } from './database.ts'
import type { StringFilter } from './filters.ts'
import { jsonList } from './json-values.ts'

type Condition = Expression<SqlBool>

/** Keeps the compiled expression well within SQLite's depth of 1000. */
const MAX_FILTER_OBJECTS = 200

interface FilterObject {
  or?: readonly FilterObject[] | null | undefined
  not?: FilterObject | null | undefined
  site?: FilterObject | null | undefined
  country?: FilterObject | null | undefined
}

/** @throws RollcallError BAD_USER_INPUT where the filter is too large to be compiled. */
export function checkFilterSize(filter: FilterObject): void {
  const waiting: FilterObject[] = [filter]
  let size = 0
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    size += 1
    if (size > MAX_FILTER_OBJECTS) {
      throw new RollcallError(
        'BAD_USER_INPUT',
        `The filter has more than ${MAX_FILTER_OBJECTS} parts; use \`in\` lists in place of long \`or\` lists.`,
      )
    }
    for (const part of [next.not, next.site, next.country]) if (part) waiting.push(part)
    if (next.or) waiting.push(...next.or)
  }
}

/** What the filter's own fields ask for, together with its `or` and its `not`. */
export function withOrAndNot<F extends { or?: readonly F[] | null | undefined; not?: F | null | undefined }>(
  filter: F,
  own: readonly Condition[],
  compile: (filter: F) => Condition,
): Condition {
  const eb = expressionBuilder<Database>()
  const conditions = [...own]
  if (filter.or) conditions.push(eb.or(filter.or.map(compile)))
  if (filter.not) conditions.push(sql<SqlBool>`(${compile(filter.not)}) is not true`)
  return eb.and(conditions)
}

/** The conditions on one text value; none where the filter is absent or empty. */
export function stringConditions(
  value: Expression<string | null>,
  filter: StringFilter | null | undefined,
): Condition[] {
  const conditions: Condition[] = []
  if (!filter) return conditions
  if (typeof filter.eq === 'string') conditions.push(sql<SqlBool>`${value} = ${filter.eq}`)
  if (filter.in) conditions.push(sql<SqlBool>`${value} in ${jsonList(filter.in)}`)
  if (typeof filter.contains === 'string') {
    conditions.push(sql<SqlBool>`instr(${value}, ${filter.contains}) > 0`)
  }
  if (typeof filter.startsWith === 'string') {
    conditions.push(sql<SqlBool>`substr(${value}, 1, length(${filter.startsWith})) = ${filter.startsWith}`)
  }
  return conditions
}
