import {
  type Expression,
  expressionBuilder,
  type Kysely,
  type Selectable,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import { PROBE_OUTCOMES } from '../../netconf/outcome/outcome.ts'
import type { Database } from '../tables/database.ts'
import { isOneOf } from '../tables/json-values.ts'
import { perDialect, relatedRowMeets, unindexed } from '../tables/per-dialect.ts'
import { allOf, type Criterion, EVERYTHING, onColumn, tested, withOrAndNot } from './criterion.ts'
import {
  type CapabilityFilter,
  type DeviceFilter,
  hasAtMost,
  MAX_JOINED_OBJECTS,
  type StringFilter,
} from './filters.ts'
import { isHeld } from './held-devices.ts'
import { BY_SITE_NAME, siteCriterion } from './site-filter.ts'
import { textConditions, textCriteria, textCriteriaBy } from './text-criteria.ts'

// A filter, whose shape is in filters.ts, is compiled downwards: here, in site-filter.ts, in text-criteria.ts
// and in criterion.ts. Each uses only those after it.

/** Ranks of the conditions: the fewer devices one usually finds, the lower. */
const RANKS = {
  ids: -1,
  name: { equal: 0, prefix: 3 },
  address: { equal: 1, prefix: 4 },
  siteName: 2,
  decommissioned: 5,
  site: 6,
  hostKeyChanged: 7,
  facts: { equal: 8, prefix: 13 },
  probedBefore: 9,
  phase: 10,
  outcome: 11,
  platform: { equal: 12, prefix: 14 },
  capability: 15,
  supported: 16,
}

const NOT_SUPPORTED = PROBE_OUTCOMES.filter((outcome) => outcome !== 'SUPPORTED')

/** How a statement reaches the devices that the filter tests. */
interface AccessPath {
  /**
   * How the site is tested. LOOK_UP reads the site of each device, which suits few devices. LIST compares
   * with the list of all sites that match, so that an index which has the site saves reading the device.
   * JOINED is for a statement that joins `sites` before their devices.
   */
  site: 'LOOK_UP' | 'LIST' | 'JOINED'
  /** The column whose index is scanned: conditions of the filter on it bound the scan. */
  indexColumn?: string | undefined
}

/** The same for a part of a filter. */
interface PartPath extends AccessPath {
  /** See `relatedRowMeets`. */
  isJoined: boolean
}

const FROM_DEVICES: AccessPath = { site: 'LOOK_UP' }

/**
 * Returns a condition, for a statement that selects from `devices`, that finds the matching ones through an
 * index. Only ACTIVE devices match, here and below, unless any part of the filter names a lifecycle.
 */
export function matchingDevices(filter: DeviceFilter): Expression<SqlBool> {
  return criterionOf(filter, FROM_DEVICES).seek
}

/** So many alternatives are read one after the other. PostgreSQL plans each separately. */
const MAX_ALTERNATIVES = 4

/**
 * Selects the devices that `matchingDevices` finds, with what counts and summaries read. For an `or`,
 * PostgreSQL would combine indexes and then read every row. So it reads the alternatives one after the other,
 * each without the devices of those before, and mostly from an index alone.
 */
export function selectMatching(db: Kysely<Database>, filter: DeviceFilter) {
  const { seek, seeks = [] } = criterionOf(filter, FROM_DEVICES)
  if (seeks.length < 2 || seeks.length > MAX_ALTERNATIVES) return db.selectFrom('devices').where(seek)
  const alternatives = seeks.map((each, index) => {
    const earlier = seeks.slice(0, index).map((other) => sql`(${other}) is not true`)
    const condition = sql.join([each, ...earlier], sql` and `)
    return sql`select lifecycle, last_outcome, last_probed_at from devices where ${condition}`
  })
  const table = perDialect<Selectable<Database['devices']>>({
    sqlite: () => sql`devices`,
    postgres: () => sql`(${sql.join(alternatives, sql` union all `)})`,
  })
  return db
    .selectFrom(table.as('devices'))
    .where(perDialect<SqlBool>({ sqlite: () => seek, postgres: () => sql`true` }))
}

/** Returns a condition that tests devices which the statement finds in another way. */
export function deviceMatches(filter: DeviceFilter, path: AccessPath = FROM_DEVICES): Expression<SqlBool> {
  return criterionOf(filter, path).test
}

/** Tells whether the devices are found in the order of their outcome: by its index, or because all match. */
export function usesOutcomeIndex(filter: DeviceFilter): boolean {
  const { rank } = criterionOf(filter, FROM_DEVICES)
  return isEverything(filter) || rank === RANKS.outcome || rank === RANKS.supported
}

/** Tells whether every active device matches, and no other. */
export function isEverything(filter: DeviceFilter): boolean {
  const asked = withoutImplied(filter)
  return !namesLifecycle(asked) && ownCriterion(asked, { ...FROM_DEVICES, isJoined: true }) === EVERYTHING
}

/** Tells whether the filter depends on the site alone: an active device matches if its site does. */
export function filtersSitesOnly({ site, ...others }: DeviceFilter): boolean {
  return isEverything(others)
}

/**
 * Tells whether the index of an order is enough to test the filter. It begins with this column, and has the
 * lifecycle and the site as well.
 */
export function isTestedInIndex(filter: DeviceFilter, column: string): boolean {
  const { site, lifecycle, or, not, ...others } = filter
  const field = FIELDS_OF_ORDERS[column]
  if (field !== undefined) delete others[field]
  const parts = [...(or ?? []), ...(not ? [not] : [])]
  return isEverything(others) && parts.every((part) => isTestedInIndex(part, column))
}

/** The fields with a condition on the column of an order alone. */
const FIELDS_OF_ORDERS: Readonly<Record<string, 'name' | 'address' | 'probedBefore'>> = {
  'devices.name': 'name',
  'devices.address': 'address',
  'devices.last_probed_key': 'probedBefore',
}

function criterionOf(filter: DeviceFilter, path: AccessPath): Criterion {
  const asked = withoutImplied(filter)
  const own = ownCriterion(asked, { ...path, isJoined: hasAtMost(MAX_JOINED_OBJECTS, asked) })
  return namesLifecycle(asked) ? own : allOf([own, ACTIVE])
}

/** Drops a `lifecycle: ACTIVE` that would be implied. */
function withoutImplied(filter: DeviceFilter): DeviceFilter {
  const { lifecycle, ...others } = filter
  return lifecycle === 'ACTIVE' && !namesLifecycle(others) ? others : filter
}

function namesLifecycle(filter: DeviceFilter): boolean {
  if (filter.lifecycle) return true
  if (filter.not && namesLifecycle(filter.not)) return true
  return filter.or?.some(namesLifecycle) ?? false
}

function ownCriterion(filter: DeviceFilter, path: PartPath): Criterion {
  const { site: where, indexColumn, isJoined } = path
  const own = [
    ...textCriteria('devices.name', filter.name, RANKS.name),
    ...textCriteria('devices.address', filter.address, RANKS.address),
    ...textCriteria('devices.platform', filter.platform, RANKS.platform),
    ...factsCriteria('vendor', filter.vendor, isJoined),
    ...factsCriteria('model', filter.model, isJoined),
    ...factsCriteria('os_version', filter.osVersion, isJoined),
    ...stateCriteria(filter),
  ]
  const { ids, hasCapability, lacksCapability } = filter
  if (ids) own.push(onColumn('devices.id', RANKS.ids, (id) => isOneOf(id, ids)))
  if (hasCapability) own.push(hasSetAmong(setsWith(hasCapability)))
  if (lacksCapability) own.push(hasSetAmong(setsWithout(lacksCapability)))
  const site = filter.site ? siteCriterion(filter.site, isJoined) : EVERYTHING
  if (site !== EVERYTHING) own.push(atSite(site, path))
  const onPath = own.map((one) =>
    indexColumn !== undefined && one.column === indexColumn ? { ...one, test: one.seek } : one,
  )
  return withOrAndNot(filter, onPath, (part) => ownCriterion(part, { site: where, isJoined }))
}

/** Tested without an index, because nearly all devices are active. */
const ACTIVE = tested(sql`${unindexed(sql.ref('devices.lifecycle'))} = 'ACTIVE'`)

const DECOMMISSIONED: Criterion = {
  // A literal, so that SQLite recognizes the partial index over decommissioned devices.
  seek: sql`devices.lifecycle = 'DECOMMISSIONED'`,
  test: sql`${unindexed(sql.ref('devices.lifecycle'))} = 'DECOMMISSIONED'`,
  rank: RANKS.decommissioned,
}

function stateCriteria(filter: DeviceFilter): Criterion[] {
  const { lifecycle, netconfSupported, outcome, phase, hostKeyChanged, held, holds, probedBefore } = filter
  const criteria: Criterion[] = []
  if (lifecycle) criteria.push(lifecycle === 'ACTIVE' ? ACTIVE : DECOMMISSIONED)
  const hasOutcome = (rank: number, outcomes: readonly string[]) =>
    onColumn('devices.last_outcome', rank, (value) => isOneOf(value, outcomes))
  if (outcome) criteria.push(hasOutcome(RANKS.outcome, outcome))
  // The outcome says the same as `netconf_supported`, and is indexed.
  if (netconfSupported === true) criteria.push(hasOutcome(RANKS.supported, ['SUPPORTED']))
  if (netconfSupported === false) criteria.push(hasOutcome(RANKS.outcome, NOT_SUPPORTED))
  if (phase) criteria.push(onColumn('devices.last_phase', RANKS.phase, (value) => isOneOf(value, phase)))
  if (typeof hostKeyChanged === 'boolean') criteria.push(hostKeyChanged ? KEY_CHANGED : KEY_NOT_CHANGED)
  if (typeof held === 'boolean') {
    if (!holds) throw new Error('The filter asks for `held` and was not given the holds.')
    const condition = isHeld(holds, KEY_CHANGED.test)
    criteria.push(tested(held ? condition : sql`not ${condition}`))
  }
  if (typeof probedBefore === 'number') {
    // The key of a device that was never probed is below every time.
    const before = Math.max(probedBefore, 0)
    criteria.push(onColumn('devices.last_probed_key', RANKS.probedBefore, (key) => sql`${key} < ${before}`))
  }
  return criteria
}

function factsCriteria(
  column: 'vendor' | 'model' | 'os_version',
  filter: StringFilter | null | undefined,
  isJoined: boolean,
): Criterion[] {
  const fact = sql.ref<string | null>(`device_facts.${column}`)
  return textCriteriaBy(filter, RANKS.facts, (rank, conditionOn) => ({
    seek: sql`devices.id in (select device_id from device_facts where ${conditionOn(fact)})`,
    test: relatedRowMeets(FACTS_OF_DEVICE, conditionOn(fact), isJoined),
    rank,
  }))
}

const FACTS_OF_DEVICE = {
  table: 'device_facts',
  key: 'device_facts.device_id',
  of: 'devices.id',
  isSmall: false,
} as const

const KEY_CHANGED: Criterion = {
  // With a bound, so that SQLite searches the index: few devices ever show another key.
  seek: sql`devices.id in (select device_id from host_keys where offered_fingerprint >= '')`,
  test: sql`exists (
    select 1 from host_keys where device_id = devices.id and offered_fingerprint is not null
  )`,
  rank: RANKS.hostKeyChanged,
}

/** Also holds for devices that have shown no key yet. */
const KEY_NOT_CHANGED = tested(sql`not ${KEY_CHANGED.test}`)

const SITE_OF_DEVICE = { table: 'sites', key: 'sites.id', of: 'devices.site_id', isSmall: true } as const

function atSite({ seek, test, rank }: Criterion, { site: where, isJoined }: PartPath): Criterion {
  const eb = expressionBuilder<Database, 'devices'>()
  const sites = eb.selectFrom('sites').select('sites.id').where(seek)
  const tests: Record<AccessPath['site'], Expression<SqlBool>> = {
    LOOK_UP: relatedRowMeets(SITE_OF_DEVICE, test, isJoined),
    LIST: inList(sql.ref('devices.site_id'), sites),
    JOINED: test,
  }
  return {
    seek: eb('devices.site_id', 'in', sites),
    test: tests[where],
    rank: rank === BY_SITE_NAME ? RANKS.siteName : RANKS.site,
  }
}

/**
 * Compares with a list that is read once. PostgreSQL would join an `in`, and look up the site of each device,
 * unless something is made of its value.
 */
function inList(value: Expression<unknown>, list: Expression<unknown>): Expression<SqlBool> {
  return perDialect<SqlBool>({
    sqlite: () => sql`${unindexed(value)} in ${list}`,
    postgres: () => sql`(${value} in ${list}) is true`,
  })
}

function hasSetAmong(sets: Expression<{ id: number }>): Criterion {
  return onColumn('devices.capability_set_id', RANKS.capability, (id) => sql`${id} in ${sets}`)
}

type Sets = SelectQueryBuilder<Database, 'capability_sets' | 'capability_set_members', { id: number }>

/** The capability sets with at least one member that meets every field of the filter. */
function setsWith(filter: CapabilityFilter): Sets {
  const eb = expressionBuilder<Database, 'capability_sets' | 'capability_set_members'>()
  const conditions = [
    ...textConditions(filter.uri, eb.ref('capability_set_members.uri')),
    ...textConditions(filter.module, eb.ref('capability_set_members.module')),
  ]
  if (typeof filter.minRevision === 'string') {
    conditions.push(eb('capability_set_members.revision', '>=', filter.minRevision))
  }
  return eb
    .selectFrom('capability_set_members')
    .select('capability_set_members.set_id as id')
    .where(eb.and(conditions))
}

function setsWithout(filter: CapabilityFilter): Sets {
  const eb = expressionBuilder<Database, 'capability_sets' | 'capability_set_members'>()
  return eb
    .selectFrom('capability_sets')
    .select('capability_sets.id')
    .where('capability_sets.id', 'not in', setsWith(filter))
}
