import { RollcallError } from '../../base/errors.ts'
import { rowId } from '../../base/global-id.ts'
import { currentTraceParent } from '../../base/tracing.ts'
import { isEverything } from '../../refresh/scope.ts'
import type { DeviceFilter } from '../../store/query/filters.ts'
import type { RefreshRow, RefreshScope } from '../../store/refresh-store.ts'
import type { Store } from '../../store/store.ts'
import { requiresRole } from '../auth/requires-role.ts'
import { rateLimited } from '../limits/mutation-rate.ts'
import { builder } from './builder.ts'
import { DeviceFilterInput } from './filter-inputs.ts'
import { Refresh } from './object-refs.ts'

const StartRefreshInput = builder.inputType('StartRefreshInput', {
  description:
    'The scope of a refresh: the devices of everything that is listed, or all devices if no list is ' +
    'given. An empty list is refused.',
  fields: (t) => ({
    countryIds: t.idList({ description: 'Ids of countries: all their active devices.' }),
    siteIds: t.idList({ description: 'Ids of sites: all their active devices.' }),
    deviceIds: t.idList({ description: 'Ids of devices. Decommissioned ones are left out.' }),
    filter: t.field({
      type: DeviceFilterInput,
      description: 'All devices that match when the refresh starts; not together with lists of ids.',
    }),
    sync: t.boolean({
      description: 'Whether to fetch the inventory first. Default: true if no scope is given, else false.',
    }),
    force: t.boolean({
      description:
        'Whether to probe also devices that were probed within the cool-down, and devices that are ' +
        'backing off because they keep failing. Default: false.',
    }),
  }),
})

const StartRefreshPayload = builder
  .objectRef<{ refresh: RefreshRow; started: boolean }>('StartRefreshPayload')
  .implement({
    description:
      'The refresh that covers the requested scope. If one was running already, that one is returned, ' +
      'and `started` is false.',
    fields: (t) => ({
      refresh: t.expose('refresh', {
        type: Refresh,
        description: 'The refresh that covers the requested scope.',
      }),
      started: t.exposeBoolean('started', { description: 'Whether the refresh is a new one.' }),
    }),
  })

const CancelRefreshPayload = builder.objectRef<{ refresh: RefreshRow }>('CancelRefreshPayload').implement({
  description: 'The refresh as it ended.',
  fields: (t) => ({
    refresh: t.expose('refresh', {
      type: Refresh,
      description: 'The refresh: CANCELLED, or as it ended before.',
    }),
  }),
})

builder.mutationFields((t) => ({
  startRefresh: t.field({
    type: StartRefreshPayload,
    extensions: rateLimited,
    ...requiresRole(
      'OPERATOR',
      'Starts a refresh, which runs within the budgets of the throttle. If the same scope is requested ' +
        'twice at once, it runs once.',
    ),
    args: {
      input: t.arg({
        type: StartRefreshInput,
        required: true,
        description: 'The scope; `{}` for everything.',
      }),
    },
    resolve: async (_root, { input }, { store, refreshes, viewer, filterOf }) => {
      const listed = {
        countryIds: rowIds('Country', 'countryIds', input.countryIds),
        siteIds: rowIds('Site', 'siteIds', input.siteIds),
        deviceIds: rowIds('Device', 'deviceIds', input.deviceIds),
      }
      const filter = filterOf(input.filter)
      const scope = filter ? await matching(store, filter, listed) : listed
      return refreshes.request({
        trigger: 'MUTATION',
        requestedBy: viewer.name,
        scope,
        sync: input.sync ?? isEverything(scope),
        force: input.force ?? false,
        traceParent: currentTraceParent(),
      })
    },
  }),
  cancelRefresh: t.field({
    type: CancelRefreshPayload,
    ...requiresRole(
      'OPERATOR',
      'Cancels a refresh. Running probes are closed within a second, and the results so far are kept.',
    ),
    args: {
      id: t.arg.id({
        required: true,
        description: 'The id of a `Refresh`. One that has ended stays as it is.',
      }),
    },
    resolve: async (_root, { id }, { refreshes }) => ({
      refresh: await refreshes.cancel(rowId('Refresh', id)),
    }),
  }),
  retryRefresh: t.field({
    type: StartRefreshPayload,
    extensions: rateLimited,
    ...requiresRole(
      'OPERATOR',
      'Probes again the devices of a refresh that did not end in SUPPORTED, including those that were ' +
        'cancelled or not reached, and excluding decommissioned ones. Neither cool-down nor back-off ' +
        'applies, and the inventory is not fetched. If nothing is left to probe, the new refresh is ' +
        'COMPLETED at once. If the given refresh has not ended, the error is CONFLICT.',
    ),
    args: { id: t.arg.id({ required: true, description: 'The id of a `Refresh` that has ended.' }) },
    resolve: (_root, { id }, { refreshes, viewer }) => refreshes.retry(rowId('Refresh', id), viewer.name),
  }),
}))

/**
 * Returns the scope of the devices that match.
 *
 * @throws RollcallError BAD_USER_INPUT if ids are listed as well, or no device matches: that would be a
 * refresh of everything
 */
async function matching(store: Store, filter: DeviceFilter, listed: RefreshScope): Promise<RefreshScope> {
  if (!isEverything(listed)) {
    throw new RollcallError('BAD_USER_INPUT', 'Give either `filter` or lists of ids.')
  }
  // A decommissioned device is not probed, even if the filter asks for one.
  const deviceIds =
    filter.lifecycle === 'DECOMMISSIONED'
      ? []
      : await store.devices.matchingIds({ ...filter, lifecycle: 'ACTIVE' })
  if (deviceIds.length === 0) {
    throw new RollcallError('BAD_USER_INPUT', 'No active device matches the filter, so nothing was started.')
  }
  return { ...listed, deviceIds }
}

/**
 * Decodes the ids of a list, without duplicates; none if no list is given.
 *
 * @throws RollcallError BAD_USER_INPUT for an empty list: a client whose selection is empty does not mean
 * everything.
 */
function rowIds(
  type: 'Country' | 'Site' | 'Device',
  argument: string,
  ids: readonly string[] | null | undefined,
): number[] {
  if (ids?.length === 0) {
    throw new RollcallError(
      'BAD_USER_INPUT',
      `\`${argument}\` is an empty list; leave it out, or give at least one id.`,
    )
  }
  return [...new Set((ids ?? []).map((id) => rowId(type, id)))]
}
