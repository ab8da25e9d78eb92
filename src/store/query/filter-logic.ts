import { RollcallError } from '../../base/errors.ts'
import { allOf, anyOf, type Criterion, noneOf } from './criterion.ts'

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
  own: readonly Criterion[],
  compile: (filter: F) => Criterion,
): Criterion {
  const criteria = [...own]
  if (filter.or) criteria.push(anyOf(filter.or.map(compile)))
  if (filter.not) criteria.push(noneOf(compile(filter.not)))
  return allOf(criteria)
}
