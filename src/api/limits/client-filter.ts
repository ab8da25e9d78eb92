import { RollcallError } from '../../base/errors.ts'
import { rowId } from '../../base/global-id.ts'
import { type DeviceFilter, type HoldConditions, withHolds } from '../../store/query/filters.ts'

/** The most ids in one list of a filter. */
export const MAX_FILTER_IDS = 1_000

/** A filter as clients write it: its ids are global ones. */
export interface ClientFilter extends Omit<DeviceFilter, 'ids' | 'or' | 'not'> {
  ids?: readonly string[] | null | undefined
  or?: readonly ClientFilter[] | null | undefined
  not?: ClientFilter | null | undefined
}

/**
 * Returns the filter as the store takes it.
 *
 * @param conditions what `held` means at present
 * @throws RollcallError BAD_USER_INPUT if an id is none of a device, or a list has more than 1,000
 */
export function storeFilter(filter: ClientFilter, conditions: () => HoldConditions): DeviceFilter {
  return withHolds(withRowIds(filter), conditions)
}

function withRowIds({ ids, or, not, ...others }: ClientFilter): DeviceFilter {
  if (ids && ids.length > MAX_FILTER_IDS) {
    throw new RollcallError(
      'BAD_USER_INPUT',
      `\`ids\` has ${ids.length} entries; give at most ${MAX_FILTER_IDS} in one list.`,
    )
  }
  return {
    ...others,
    ...(ids && { ids: ids.map((id) => rowId('Device', id)) }),
    ...(or && { or: or.map(withRowIds) }),
    ...(not && { not: withRowIds(not) }),
  }
}
