import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../tables/database.ts'
import { isOneOf } from '../tables/json-values.ts'
import { unindexed } from '../tables/per-dialect.ts'
import { type Criterion, EVERYTHING, NO_INDEX, tested, withOrAndNot } from './criterion.ts'
import type { ChangeFilter } from './filters.ts'
import { siteCriterion } from './site-filter.ts'
import { textConditions, textCriteria } from './text-criteria.ts'

/**
 * Ranks of the conditions that find changes by the index on their device. A prefix may find so many devices
 * that it is better to read the log from its end.
 */
const RANKS = { name: { equal: 0, prefix: NO_INDEX } }

/** Returns a condition that finds the matching changes, for a statement that selects from `changes`. */
export function matchingChanges(filter: ChangeFilter): Expression<SqlBool> {
  return changeCriterion(filter).seek
}

function changeCriterion(filter: ChangeFilter): Criterion {
  const { action, actor, since, until, name, site } = filter
  const own: Criterion[] = []
  if (action) own.push(tested(isOneOf(sql.ref('changes.action'), action)))
  own.push(...textConditions(actor, sql.ref('changes.actor')).map(tested))
  // Not by their index: the log is in the order of its ids.
  const at = unindexed(sql.ref<number>('changes.at'))
  if (typeof since === 'number') own.push(tested(sql`${at} >= ${since}`))
  if (typeof until === 'number') own.push(tested(sql`${at} < ${until}`))
  own.push(...textCriteria('devices.name', name, RANKS.name).map(ofDevice))
  const atSite = site ? siteCriterion(site) : EVERYTHING
  if (atSite !== EVERYTHING) {
    own.push(ofDevice(tested(sql`(select ${atSite.test} from sites where sites.id = devices.site_id)`)))
  }
  return withOrAndNot(filter, own, changeCriterion)
}

/** Turns a condition on the device of a change into one on the change. */
function ofDevice({ seek, test, rank }: Criterion): Criterion {
  const eb = expressionBuilder<Database, 'changes'>()
  const onDevice = sql<SqlBool>`(select ${test} from devices where devices.id = changes.device_id)`
  if (rank === NO_INDEX) return tested(onDevice)
  const devices = eb.selectFrom('devices').select('devices.id').where(seek)
  return { seek: eb('changes.device_id', 'in', devices), test: onDevice, rank }
}
