import { type Expression, expressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { PROBE_OUTCOMES } from '../../netconf/protocol/outcome.ts'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'
import { allOf, type Criterion, EVERYTHING, onColumn, tested, withOrAndNot } from './criterion.ts'
import type { CapabilityFilter, DeviceFilter, StringFilter } from './filters.ts'
import { BY_SITE_NAME, siteCriterion } from './site-filter.ts'
import { textConditions, textCriteria, textCriteriaBy } from './text-criteria.ts'

/** By how few devices each usually finds. */
const RANKS = {
  name: { equal: 0, prefix: 3 },
  address: { equal: 1, prefix: 4 },
  siteName: 2,
  decommissioned: 5,
  site: 6,
  osVersion: { equal: 7, prefix: 11 },
  probedBefore: 8,
  outcome: 9,
  platform: { equal: 10, prefix: 12 },
  capability: 13,
  supported: 14,
}

const NOT_SUPPORTED = PROBE_OUTCOMES.filter((outcome) => outcome !== 'SUPPORTED')

/** How a statement comes by the devices that are tested. */
interface AccessPath {
  /**
   * Where the site is tested: LOOK_UP looks each device's up, for few devices. LIST has all sites that match, so that no row
   * of a device is read in vain where the index has its site. JOINED is for a statement that joins `sites` before it comes to
   * their devices.
   */
  site: 'LOOK_UP' | 'LIST' | 'JOINED'
  /** The column of the index that is gone through: what the filter itself asks of it then bounds the way. */
  indexColumn?: string | undefined
}

const FROM_DEVICES: AccessPath = { site: 'LOOK_UP' }

/**
 * For a statement that selects from `devices`: those that match are looked up. Only ACTIVE ones match, here and below,
 * unless the filter asks for a lifecycle in any of its parts.
 */
export function matchingDevices(filter: DeviceFilter): Expression<SqlBool> {
  return criterionOf(filter, FROM_DEVICES).seek
}

/** For a statement that selects from `devices` and finds them otherwise: whether one matches. */
export function deviceMatches(filter: DeviceFilter, path: AccessPath = FROM_DEVICES): Expression<SqlBool> {
  return criterionOf(filter, path).test
}

/** Whether they are looked up by their outcome, or all match. */
export function usesOutcomeIndex(filter: DeviceFilter): boolean {
  const { rank } = criterionOf(filter, FROM_DEVICES)
  return isEverything(filter) || rank === RANKS.outcome || rank === RANKS.supported
}

/** Whether every active device matches, and no other. */
export function isEverything(filter: DeviceFilter): boolean {
  const asked = withoutImplied(filter)
  return !namesLifecycle(asked) && ownCriterion(asked, FROM_DEVICES) === EVERYTHING
}

/** Whether an active device matches where its site does. */
export function filtersSitesOnly({ site, ...others }: DeviceFilter): boolean {
  return isEverything(others)
}

function criterionOf(filter: DeviceFilter, path: AccessPath): Criterion {
  const asked = withoutImplied(filter)
  const own = ownCriterion(asked, path)
  return namesLifecycle(asked) ? own : allOf([own, ACTIVE])
}

/** To ask for ACTIVE devices and for no others is to ask for no lifecycle. */
function withoutImplied(filter: DeviceFilter): DeviceFilter {
  const { lifecycle, ...others } = filter
  return lifecycle === 'ACTIVE' && !namesLifecycle(others) ? others : filter
}

function namesLifecycle(filter: DeviceFilter): boolean {
  if (filter.lifecycle) return true
  if (filter.not && namesLifecycle(filter.not)) return true
  return filter.or?.some(namesLifecycle) ?? false
}

function ownCriterion(filter: DeviceFilter, { site: where, indexColumn }: AccessPath): Criterion {
  const own = [
    ...textCriteria('devices.name', filter.name, RANKS.name),
    ...textCriteria('devices.address', filter.address, RANKS.address),
    ...textCriteria('devices.platform', filter.platform, RANKS.platform),
    ...osVersionCriteria(filter.osVersion),
    ...stateCriteria(filter),
  ]
  const { hasCapability, lacksCapability } = filter
  if (hasCapability) own.push(hasSetAmong(setsWith(hasCapability)))
  if (lacksCapability) own.push(hasSetAmong(setsWithout(lacksCapability)))
  const site = filter.site ? siteCriterion(filter.site) : EVERYTHING
  if (site !== EVERYTHING) own.push(atSite(site, where))
  const onPath = own.map((one) =>
    indexColumn !== undefined && one.column === indexColumn ? { ...one, test: one.seek } : one,
  )
  return withOrAndNot(filter, onPath, (part) => ownCriterion(part, { site: where }))
}

/** No index is worth it: nearly all are. */
const ACTIVE = tested(sql`+devices.lifecycle = 'ACTIVE'`)

const DECOMMISSIONED: Criterion = {
  // As a literal, by which SQLite recognizes the index that has these alone.
  seek: sql`devices.lifecycle = 'DECOMMISSIONED'`,
  test: sql`+devices.lifecycle = 'DECOMMISSIONED'`,
  rank: RANKS.decommissioned,
}

function stateCriteria(filter: DeviceFilter): Criterion[] {
  const { lifecycle, netconfSupported, outcome, probedBefore } = filter
  const criteria: Criterion[] = []
  if (lifecycle) criteria.push(lifecycle === 'ACTIVE' ? ACTIVE : DECOMMISSIONED)
  const hasOutcome = (rank: number, outcomes: readonly string[]) =>
    onColumn('devices.last_outcome', rank, (value) => sql`${value} in ${jsonList(outcomes)}`)
  if (outcome) criteria.push(hasOutcome(RANKS.outcome, outcome))
  // The outcome says the same as `netconf_supported`, and has the index.
  if (netconfSupported === true) criteria.push(hasOutcome(RANKS.supported, ['SUPPORTED']))
  if (netconfSupported === false) criteria.push(hasOutcome(RANKS.outcome, NOT_SUPPORTED))
  if (typeof probedBefore === 'number') {
    // The key of what was never probed is below that of any probe.
    const before = Math.max(probedBefore, 0)
    criteria.push(onColumn('devices.last_probed_key', RANKS.probedBefore, (key) => sql`${key} < ${before}`))
  }
  return criteria
}

function osVersionCriteria(filter: StringFilter | null | undefined): Criterion[] {
  return textCriteriaBy(filter, RANKS.osVersion, (rank, conditionOn) => ({
    seek: sql`devices.id in (select device_id from device_facts where ${conditionOn(sql.ref('device_facts.os_version'))})`,
    test: conditionOn(sql`(select os_version from device_facts where device_id = devices.id)`),
    rank,
  }))
}

function atSite({ seek, test, rank }: Criterion, where: AccessPath['site']): Criterion {
  const eb = expressionBuilder<Database, 'devices'>()
  const sites = eb.selectFrom('sites').select('sites.id').where(seek)
  const tests: Record<AccessPath['site'], Expression<SqlBool>> = {
    LOOK_UP: sql`(select ${test} from sites where sites.id = devices.site_id)`,
    LIST: sql`+devices.site_id in ${sites}`,
    JOINED: test,
  }
  return {
    seek: eb('devices.site_id', 'in', sites),
    test: tests[where],
    rank: rank === BY_SITE_NAME ? RANKS.siteName : RANKS.site,
  }
}

function hasSetAmong(sets: Expression<{ id: number }>): Criterion {
  return onColumn('devices.capability_set_id', RANKS.capability, (id) => sql`${id} in ${sets}`)
}

type Sets = SelectQueryBuilder<Database, 'capability_sets' | 'capability_set_members', { id: number }>

/** The capability sets with at least one member that all of the filter holds for. */
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
