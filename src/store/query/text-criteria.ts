import { type Expression, type SqlBool, sql } from 'kysely'
import { isOneOf, isStorable } from '../tables/json-values.ts'
import { perDialect } from '../tables/per-dialect.ts'
import { type Criterion, NO_INDEX, onColumn } from './criterion.ts'
import type { StringFilter } from './filters.ts'

type Text = Expression<string | null>

/** The ranks of conditions that an index on the text serves; see `Criterion`. */
export interface TextRanks {
  equal: number
  prefix: number
}

/** Returns the conditions of a filter on `value`; none if the filter is absent or empty. */
export function textConditions(filter: StringFilter | null | undefined, value: Text): Expression<SqlBool>[] {
  return conditionsOf(filter).map(({ on }) => on(value))
}

/** Returns a criterion for each condition of a filter on a column that has an index. */
export function textCriteria(
  column: string,
  filter: StringFilter | null | undefined,
  ranks: TextRanks,
): Criterion[] {
  return textCriteriaBy(filter, ranks, (rank, conditionOn) => onColumn(column, rank, conditionOn))
}

/** Returns `criterionOf` of each condition of a filter, for a text that is in another table. */
export function textCriteriaBy(
  filter: StringFilter | null | undefined,
  ranks: TextRanks,
  criterionOf: (rank: number, conditionOn: TextCondition['on']) => Criterion,
): Criterion[] {
  return conditionsOf(filter).map(({ operator, on }) => criterionOf(rankOf(operator, ranks), on))
}

interface TextCondition {
  operator: 'eq' | 'in' | 'startsWith' | 'contains'
  on: (value: Text) => Expression<SqlBool>
}

function conditionsOf(filter: StringFilter | null | undefined): TextCondition[] {
  const conditions: TextCondition[] = []
  if (typeof filter?.eq === 'string') {
    const text = filter.eq.toWellFormed()
    conditions.push({ operator: 'eq', on: unlessNever(text, (value) => sql`${value} = ${text}`) })
  }
  if (filter?.in) {
    const list = filter.in.map((text) => text.toWellFormed())
    conditions.push({ operator: 'in', on: (value) => isOneOf(value, list) })
  }
  if (typeof filter?.startsWith === 'string') {
    const prefix = filter.startsWith.toWellFormed()
    const end = endOfPrefix(prefix)
    conditions.push({
      operator: 'startsWith',
      on: unlessNever(prefix, (value) =>
        end === null ? sql`${value} >= ${prefix}` : sql`(${value} >= ${prefix} and ${value} < ${end})`,
      ),
    })
  }
  if (typeof filter?.contains === 'string') {
    const text = filter.contains.toWellFormed()
    conditions.push({ operator: 'contains', on: unlessNever(text, (value) => containsText(value, text)) })
  }
  return conditions
}

/** Returns a condition that never holds for a text that no column can hold. */
function unlessNever(text: string, on: TextCondition['on']): TextCondition['on'] {
  return isStorable(text) ? on : () => sql`false`
}

/** PostgreSQL can use an index of trigrams for a pattern, and for nothing else. */
function containsText(value: Text, text: string): Expression<SqlBool> {
  return perDialect<SqlBool>({
    sqlite: () => sql`instr(${value}, ${text}) > 0`,
    postgres: () => sql`${value} like ${`%${text.replace(/[\\%_]/g, '\\$&')}%`}`,
  })
}

function rankOf(operator: TextCondition['operator'], { equal, prefix }: TextRanks): number {
  if (operator === 'contains') return NO_INDEX
  return operator === 'startsWith' ? prefix : equal
}

const LAST_CHARACTER = String.fromCodePoint(0x10ffff)
const SURROGATES = { first: 0xd800, last: 0xdfff }

/**
 * Returns the first text after all texts with this prefix, or null if there is none. The order is that of
 * SQLite's BINARY collation: the bytes of UTF-8, which sort as the code points do.
 */
export function endOfPrefix(prefix: string): string | null {
  const characters = Array.from(prefix)
  while (characters.at(-1) === LAST_CHARACTER) characters.pop()
  const last = characters.pop()?.codePointAt(0)
  if (last === undefined) return null
  const next = last + 1 === SURROGATES.first ? SURROGATES.last + 1 : last + 1
  return characters.join('') + String.fromCodePoint(next)
}
