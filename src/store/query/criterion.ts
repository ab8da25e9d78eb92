import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../tables/database.ts'

type Condition = Expression<SqlBool>

/**
 * One condition in two forms, which hold for the same rows. Which index a statement uses is so decided here and not by
 * SQLite's planner, which knows neither how the values are distributed nor that a page ends early.
 */
export interface Criterion {
  /** Lets SQLite find the rows through an index. */
  readonly seek: Condition
  /** The same in parts, of which any is to hold, for an `or` around it: SQLite sees no index for an `or` within another. */
  readonly seeks?: readonly Condition[]
  /** For rows that are found otherwise: no index can be used for it. */
  readonly test: Condition
  /** The fewer rows `seek` usually finds, the lower; `NO_INDEX` where there is no index for it. */
  readonly rank: number
  /** Where it is on one column alone. */
  readonly column?: string
}

export const NO_INDEX = Number.POSITIVE_INFINITY

/** More than these are tested: each is looked up by itself, with all that must hold besides. */
const MAX_SEEKS = 50

/** What holds for every row. */
export const EVERYTHING: Criterion = { seek: sql`true`, test: sql`true`, rank: NO_INDEX }

/** For what no index serves. */
export function tested(test: Condition): Criterion {
  return { seek: test, test, rank: NO_INDEX }
}

/** `conditionOn` is given the column as it is, and then in a form that SQLite uses no index for. */
export function onColumn<T>(
  column: string,
  rank: number,
  conditionOn: (value: Expression<T>) => Condition,
): Criterion {
  const ref = sql.ref<T>(column)
  return { seek: conditionOn(ref), test: conditionOn(sql<T>`+${ref}`), rank, column }
}

/** All of these: the one with the lowest rank finds the rows, the others are tested on them. */
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

/** Any of these, of none nothing: each finds its rows through an index, or all are tested. */
function anyOf(criteria: readonly Criterion[]): Criterion {
  const { or } = expressionBuilder<Database>()
  const test = or(criteria.map((criterion) => criterion.test))
  const rank = Math.max(0, ...criteria.map((criterion) => criterion.rank))
  const seeks = criteria.flatMap(seeksOf)
  return rank === NO_INDEX || seeks.length > MAX_SEEKS ? tested(test) : { seek: or(seeks), seeks, test, rank }
}

function seeksOf({ seek, seeks }: Criterion): readonly Condition[] {
  return seeks ?? [seek]
}

/** Also what cannot be told because a value is null. */
function noneOf({ test }: Criterion): Criterion {
  return tested(sql<SqlBool>`(${test}) is not true`)
}

/** What the filter's own fields ask for, together with its `or` and its `not`. */
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
