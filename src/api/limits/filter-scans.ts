/** Conditions on other tables: a row of them is looked up for each device. */
const LOOKED_UP: ReadonlySet<string> = new Set(['site', 'osVersion'])
/** How many conditions on a device's own row take as long as one of these. */
const WEIGHT_OF_LOOK_UP = 10

/** Values in a list of a filter that cost nothing beside their condition. */
const FREE_VALUES = 100

interface Condition {
  weight: number
  /** Whether an index can find the rows for which it holds. */
  hasIndex: boolean
}

/**
 * How often a filter makes the database go through all rows: once for each condition, more often if that needs another table. One
 * condition is free, since an index finds its rows, but not `contains` or what is within `or` and `not`. If names or
 * addresses are given, all that must hold beside is free: few rows are left to test.
 */
export function scansOf(filter: unknown): number {
  const conditions = conditionsOf(filter, { weight: 1, hasIndex: true })
  const weight = conditions.reduce((total, condition) => total + condition.weight, 0)
  const indexed = conditions.filter(({ hasIndex }) => hasIndex).map((condition) => condition.weight)
  const free = findsFew(filter) ? indexed : [Math.max(0, ...indexed)]
  return free.reduce((rest, each) => rest - each, weight)
}

/** How often each row is tested by a filter on rows that are read anyway. */
export function testsOf(filter: unknown): number {
  return conditionsOf(filter, { weight: 1, hasIndex: false }).reduce((total, { weight }) => total + weight, 0)
}

/** How many values the lists of a filter have, beyond those that are free. */
export function valuesOf(filter: unknown): number {
  if (!isObject(filter)) return 0
  const texts = Array.isArray(filter) ? filter.filter((value) => !isObject(value)).length : 0
  const own = Math.max(0, texts - FREE_VALUES)
  return Object.values(filter).reduce<number>((total, inner) => total + valuesOf(inner), own)
}

function conditionsOf(value: unknown, as: Condition): Condition[] {
  if (value === null || value === undefined) return []
  // A list of values is one condition.
  if (!isObject(value) || Array.isArray(value)) return [as]
  return Object.entries(value).flatMap(([key, inner]) => {
    if (inner === null || inner === undefined || key === 'lifecycle') return []
    if (key === 'or' || key === 'not') return [inner].flat().flatMap((part) => partOf(part, as.weight))
    if (key === 'contains') return [{ ...as, hasIndex: false }]
    return conditionsOf(inner, LOOKED_UP.has(key) ? { ...as, weight: WEIGHT_OF_LOOK_UP } : as)
  })
}

/** Even one without a condition is tested. */
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
