import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../tables/database.ts'
import { unindexed } from '../tables/per-dialect.ts'

type Condition = Expression<SqlBool>

/**
 * One condition in two forms that hold for the same rows: one uses an index, the other does not. So the index
 * of a statement is chosen here. SQLite's planner knows neither how the values are distributed nor that a
 * page ends early.
 */
export interface Criterion {
  /** Lets SQLite find the rows through an index. */
  readonly seek: Condition
  /**
   * `seek` as a list of alternatives, for an `or` around it: SQLite uses no index for an `or` within another.
   * Those that usually find the most rows come first.
   */
  readonly seeks?: readonly Condition[]
  /** For rows that were found by another condition: SQLite can use no index for it. */
  readonly test: Condition
  /** The fewer rows `seek` usually finds, the lower; `NO_INDEX` if no index serves it. */
  readonly rank: number
  /** Set if the condition is on one column alone. */
  readonly column?: string
}

export const NO_INDEX = Number.POSITIVE_INFINITY

/** If there are more alternatives, they are tested: each would be looked up separately. */
const MAX_SEEKS = 50

/** The condition that holds for every row. */
export const EVERYTHING: Criterion = { seek: sql`true`, test: sql`true`, rank: NO_INDEX }

/** Returns a criterion that no index serves. */
export function tested(test: Condition): Criterion {
  return { seek: test, test, rank: NO_INDEX }
}

/** Calls `conditionOn` with the column, and again with an expression of it that SQLite uses no index for. */
export function onColumn<T>(
  column: string,
  rank: number,
  conditionOn: (value: Expression<T>) => Condition,
): Criterion {
  const ref = sql.ref<T>(column)
  return { seek: conditionOn(ref), test: conditionOn(unindexed(ref)), rank, column }
}

/**
 * Combines criteria that must all hold: the one with the lowest rank finds the rows, the others test them.
 */
export function allOf(criteria: readonly Criterion[]): Criterion {
  const [first, ...others] = criteria
    .filter((criterion) => criterion !== EVERYTHING)
    .toSorted((one, other) => one.rank - other.rank)
  if (!first) return EVERYTHING
  if (others.length === 0) return first
  const { and } = expressionBuilder<Database>()
  const tests = others.map(({ test }) => test)
  return {
    seek: and([first.seek, ...tests]),
    seeks: seeksOf(first).map((seek) => and([seek, ...tests])),
    test: and([first.test, ...tests]),
    rank: first.rank,
  }
}

/**
 * Combines criteria of which at least one must hold; an empty list matches nothing. Each finds its rows
 * through an index, or all are tested.
 */
function anyOf(criteria: readonly Criterion[]): Criterion {
  const { or } = expressionBuilder<Database>()
  const test = or(criteria.map((criterion) => criterion.test))
  const rank = Math.max(0, ...criteria.map((criterion) => criterion.rank))
  const seeks = criteria.toSorted((one, other) => other.rank - one.rank).flatMap(seeksOf)
  return rank === NO_INDEX || seeks.length > MAX_SEEKS ? tested(test) : { seek: or(seeks), seeks, test, rank }
}

function seeksOf({ seek, seeks }: Criterion): readonly Condition[] {
  return seeks ?? [seek]
}

/** Negates a criterion; rows for which it is unknown, because a value is null, match. */
function noneOf({ test }: Criterion): Criterion {
  return tested(sql<SqlBool>`(${test}) is not true`)
}

/** Combines the criteria of a filter's own fields with its `or` and its `not`. */
export function withOrAndNot<F extends { or?: readonly F[] | null | undefined; not?: F | null | undefined }>(
  filter: F,
  own: readonly Criterion[],
  compile: (filter: F) => Criterion,
): Criterion {
  const criteria = [...own]
  if (filter.or) criteria.push(anyOf(filter.or.map(compile)))
  if (filter.not) criteria.push(noneOf(compile(filter.not)))
  return allOf(criteria)
}
