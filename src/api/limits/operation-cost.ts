import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql'
import {
  type ArgumentValue,
  type CollectedFields,
  collectFields,
  type Scope,
  type Variables,
} from './collect-fields.ts'
import { allDevicesAreReadBy, DEFAULT_PAGE_SIZE, listSizeOf, MAX_PAGE_SIZE, weightOf } from './field-costs.ts'

const OBJECT_COST = 1
/** The cost of a scalar or an enum, and of a list of these unless the schema states a list size. */
const VALUE_COST = 0.1
/**
 * The cost of testing one row: every device for a root field, only the rows that are read anyway further
 * down.
 */
const TEST_COST = 0.01
/** The cost of a value in a long list of a filter. */
const FILTER_VALUE_COST = 0.5

/** A number that depends on the client's variables. */
export type Amount = (variables: Variables) => number

/**
 * Computes the cost of operations of valid documents, as functions of their variables:
 *
 *     cost of an object   = 1 + the sum of its fields
 *     cost of a value     = 0.1
 *     cost of a field     = weight + items × the cost of each + 0.01 × rows for each condition of its filter
 *
 * `items` is 1, the page's size (`first` or `last`, 100 by default) for a connection's `nodes` and `edges`,
 * and for any other list the size that the schema assumes (`extensions.listSize`). Among the possible types
 * of a `Node`, the most expensive one counts. Fields that `@skip` or `@include` leave out cost nothing. The
 * rows that a filter is tested on are all devices for a root field (see `scansOf`), and the items further
 * down. A long list in a filter costs 0.5 for each of its values.
 */
export class CostCompiler {
  readonly #scope: Scope
  readonly #deviceCount: () => number

  /** @param deviceCount returns the present number of devices */
  constructor(scope: Scope, deviceCount: () => number) {
    this.#scope = scope
    this.#deviceCount = deviceCount
  }

  /**
   * Returns the cost of the selected fields of an object.
   *
   * @param pageSize the size of the page, if the object is a connection
   */
  fieldsOf(type: GraphQLObjectType, collected: CollectedFields, pageSize?: Amount): Amount {
    const amounts: Amount[] = []
    for (const { nodes, isSelected } of collected.values()) {
      const amount = this.#field(type, nodes, pageSize)
      amounts.push(isSelected ? (variables) => (isSelected(variables) ? amount(variables) : 0) : amount)
    }
    return (variables) => amounts.reduce((total, amount) => total + amount(variables), 0)
  }

  #field(parent: GraphQLObjectType, nodes: readonly FieldNode[], pageSize: Amount | undefined): Amount {
    const [node] = nodes
    const field = node && this.#scope.schema.getField(parent, node.name.value)
    if (!node || !field) return () => 0
    const fixed = weightOf(field)
    const type = getNamedType(field.type)
    if (isLeafType(type)) {
      const size = listSizeOf(parent, field)
      const values = typeof size === 'number' ? size : 1
      return () => fixed + values * VALUE_COST
    }
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    const ownPage = this.#pageSize(field, node)
    const items = isListType(getNullableType(field.type))
      ? this.#listSize(parent, field, node, pageSize)
      : one
    // Each item has exactly one of the possible types.
    const types = isObjectType(type) ? [type] : this.#scope.schema.getPossibleTypes(type)
    const each = types.map((possible) =>
      this.fieldsOf(possible, collectFields(this.#scope, possible, sets), ownPage),
    )
    const filtering = this.#isRoot(parent) ? this.#scanning(field, node) : this.#testing(field, node, items)
    return (variables) => {
      const inner = each.reduce((most, amount) => Math.max(most, amount(variables)), 0)
      return fixed + filtering(variables) + items(variables) * (OBJECT_COST + inner)
    }
  }

  #pageSize(field: GraphQLField<unknown, unknown>, node: FieldNode): Amount | undefined {
    if (!field.args.some(({ name }) => name === 'first')) return undefined
    const first = this.#scope.values.argument(node, 'first')
    const last = this.#scope.values.argument(node, 'last')
    return (variables) => {
      const asked = first?.(variables) ?? last?.(variables) ?? DEFAULT_PAGE_SIZE
      // A size that is no number or too large is refused when the page is read.
      return typeof asked === 'number' ? Math.min(Math.max(asked, 0), MAX_PAGE_SIZE) : 0
    }
  }

  #listSize(
    parent: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    node: FieldNode,
    pageSize: Amount | undefined,
  ): Amount {
    const size = listSizeOf(parent, field)
    if (typeof size === 'number') return () => size
    if (size === undefined) return pageSize ?? one
    const list = this.#scope.values.argument(node, size.argument)
    return (variables) => {
      const items = list?.(variables)
      return Array.isArray(items) ? items.length : 1
    }
  }

  #isRoot(type: GraphQLObjectType): boolean {
    const { schema } = this.#scope
    return type === schema.getQueryType() || type === schema.getSubscriptionType()
  }

  #scanning(field: GraphQLField<unknown, unknown>, node: FieldNode): Amount {
    const filters = this.#filters(field, node)
    const own = allDevicesAreReadBy(field) ? 1 : 0
    return (variables) => {
      const given = filters.map((filter) => filter(variables))
      const scans = given.reduce<number>((total, filter) => total + scansOf(filter), own)
      return (scans === 0 ? 0 : scans * TEST_COST * this.#deviceCount()) + costOfValues(given)
    }
  }

  #testing(field: GraphQLField<unknown, unknown>, node: FieldNode, items: Amount): Amount {
    const filters = this.#filters(field, node)
    if (filters.length === 0) return none
    return (variables) => {
      const given = filters.map((filter) => filter(variables))
      const tests = given.reduce<number>((total, filter) => total + testsOf(filter), 0)
      return tests * TEST_COST * items(variables) + costOfValues(given)
    }
  }

  #filters(field: GraphQLField<unknown, unknown>, node: FieldNode): ArgumentValue[] {
    return field.args
      .filter(({ type }) => getNamedType(type).name.endsWith('Filter'))
      .flatMap(({ name }) => this.#scope.values.argument(node, name) ?? [])
  }
}

function costOfValues(filters: readonly unknown[]): number {
  return FILTER_VALUE_COST * filters.reduce<number>((total, filter) => total + valuesOf(filter), 0)
}

function one(): number {
  return 1
}

function none(): number {
  return 0
}

/** Conditions on other tables: a row is looked up for each device. */
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
function scansOf(filter: unknown): number {
  const conditions = conditionsOf(filter, { weight: 1, hasIndex: true })
  const weight = conditions.reduce((total, condition) => total + condition.weight, 0)
  const indexed = conditions.filter(({ hasIndex }) => hasIndex).map((condition) => condition.weight)
  const free = findsFew(filter) ? indexed : [Math.max(0, ...indexed)]
  return free.reduce((rest, each) => rest - each, weight)
}

/** Returns how often each row is tested, for a filter on rows that are read anyway. */
function testsOf(filter: unknown): number {
  return conditionsOf(filter, { weight: 1, hasIndex: false }).reduce((total, { weight }) => total + weight, 0)
}

/** Returns the number of values in the lists of a filter, beyond those that are free. */
function valuesOf(filter: unknown): number {
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
