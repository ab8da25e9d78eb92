import { type Expression, expressionBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely'
import type { Database } from './database.ts'
import { stringConditions, withOrAndNot } from './filter-logic.ts'
import type { CapabilityFilter, DeviceFilter } from './filters.ts'
import { jsonList } from './json-values.ts'
import { siteMatches } from './site-filter.ts'

/**
 * For a statement that selects from `devices`: only ACTIVE ones, unless the filter asks for a lifecycle in any
 * of its parts.
 */
export function deviceMatches(filter: DeviceFilter): Expression<SqlBool> {
  const eb = expressionBuilder<Database, 'devices'>()
  if (namesLifecycle(filter)) return conditionsOf(filter)
  return eb.and([eb('devices.lifecycle', '=', 'ACTIVE'), conditionsOf(filter)])
}

function namesLifecycle(filter: DeviceFilter): boolean {
  if (filter.lifecycle) return true
  if (filter.not && namesLifecycle(filter.not)) return true
  return filter.or?.some(namesLifecycle) ?? false
}

function conditionsOf(filter: DeviceFilter): Expression<SqlBool> {
  const eb = expressionBuilder<Database, 'devices' | 'device_facts'>()
  const own = [
    ...stringConditions(eb.ref('devices.name'), filter.name),
    ...stringConditions(eb.ref('devices.address'), filter.address),
    ...stringConditions(eb.ref('devices.platform'), filter.platform),
  ]
  const versions = stringConditions(eb.ref('device_facts.os_version'), filter.osVersion)
  if (versions.length > 0) {
    const facts = eb.selectFrom('device_facts').select('device_facts.device_id').where(eb.and(versions))
    own.push(eb('devices.id', 'in', facts))
  }
  if (filter.lifecycle) own.push(eb('devices.lifecycle', '=', filter.lifecycle))
  if (typeof filter.netconfSupported === 'boolean') {
    own.push(eb('devices.netconf_supported', '=', filter.netconfSupported ? 1 : 0))
  }
  if (filter.outcome) own.push(eb('devices.last_outcome', 'in', jsonList(filter.outcome)))
  if (typeof filter.probedBefore === 'number') {
    const unprobed = eb('devices.last_probed_at', 'is', null)
    own.push(eb.or([unprobed, eb('devices.last_probed_at', '<', filter.probedBefore)]))
  }
  if (filter.hasCapability) {
    own.push(eb('devices.capability_set_id', 'in', setsWith(filter.hasCapability)))
  }
  if (filter.lacksCapability) {
    own.push(eb('devices.capability_set_id', 'not in', setsWith(filter.lacksCapability)))
  }
  if (filter.site) {
    const sites = eb.selectFrom('sites').select('sites.id').where(siteMatches(filter.site))
    own.push(eb('devices.site_id', 'in', sites))
  }
  return withOrAndNot(filter, own, conditionsOf)
}

/** The capability sets with at least one member that all of the filter holds for. */
function setsWith(
  filter: CapabilityFilter,
): SelectQueryBuilder<Database, 'devices' | 'capability_set_members', { set_id: number }> {
  const eb = expressionBuilder<Database, 'devices' | 'capability_set_members'>()
  const conditions = [
    ...stringConditions(eb.ref('capability_set_members.uri'), filter.uri),
    ...stringConditions(eb.ref('capability_set_members.module'), filter.module),
  ]
  if (typeof filter.minRevision === 'string') {
    conditions.push(eb('capability_set_members.revision', '>=', filter.minRevision))
  }
  return eb
    .selectFrom('capability_set_members')
    .select('capability_set_members.set_id')
    .where(eb.and(conditions))
}
