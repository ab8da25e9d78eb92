/** Conditions on other tables, of which a row is looked up for each device. */
const LOOKED_UP: ReadonlySet<string> = new Set(['site', 'osVersion'])
/** The cost of such a condition, in conditions on the device's own row. */
const WEIGHT_OF_LOOK_UP = 10

/** The number of values in a list that cost nothing extra. */
const FREE_VALUES = 100

interface Condition {
  weight: number
  /** Whether an index can find the matching rows. */
  hasIndex: boolean
}

/**
 * Returns how often a filter makes the database scan all rows: once for each condition, more often if the
 * condition needs another table. One condition is free because an index finds its rows, except `contains` and
 * conditions within `or` and `not`. If the filter gives names or addresses, the conditions beside them are
 * free: few rows are left.
 */
export function scansOf(filter: unknown): number {
  const conditions = conditionsOf(filter, { weight: 1, hasIndex: true })
  const weight = conditions.reduce((total, condition) => total + condition.weight, 0)
  const indexed = conditions.filter(({ hasIndex }) => hasIndex).map((condition) => condition.weight)
  const free = findsFew(filter) ? indexed : [Math.max(0, ...indexed)]
  return free.reduce((rest, each) => rest - each, weight)
}

/** Returns how often each row is tested, for a filter on rows that are read anyway. */
export function testsOf(filter: unknown): number {
  return conditionsOf(filter, { weight: 1, hasIndex: false }).reduce((total, { weight }) => total + weight, 0)
}

/** Returns the number of values in the lists of a filter, beyond those that are free. */
export function valuesOf(filter: unknown): number {
  if (!isObject(filter)) return 0
  const texts = Array.isArray(filter) ? filter.filter((value) => !isObject(value)).length : 0
  const own = Math.max(0, texts - FREE_VALUES)
  return Object.values(filter).reduce<number>((total, inner) => total + valuesOf(inner), own)
}

function conditionsOf(value: unknown, as: Condition): Condition[] {
  if (value === null || value === undefined) return []
  // A list of values counts as one condition.
  if (!isObject(value) || Array.isArray(value)) return [as]
  return Object.entries(value).flatMap(([key, inner]) => {
    if (inner === null || inner === undefined || key === 'lifecycle') return []
    if (key === 'or' || key === 'not') return [inner].flat().flatMap((part) => partOf(part, as.weight))
    if (key === 'contains') return [{ ...as, hasIndex: false }]
    return conditionsOf(inner, LOOKED_UP.has(key) ? { ...as, weight: WEIGHT_OF_LOOK_UP } : as)
  })
}

/** Returns the conditions of one part of `or` or `not`. A part without conditions is tested, too. */
function partOf(part: unknown, weight: number): Condition[] {
  const conditions = conditionsOf(part, { weight, hasIndex: false })
  return conditions.length > 0 ? conditions : [{ weight, hasIndex: false }]
}

function findsFew(filter: unknown): boolean {
  if (!isObject(filter)) return false
  const { name, address, site } = filter
  return [name, address, isObject(site) ? site.name : null].some(
    (text) => isObject(text) && (text.eq ?? text.in ?? null) !== null,
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
