import { RollcallError } from '../../base/errors.ts'
import { rowId } from '../../base/global-id.ts'
import { isEverything } from '../../refresh/scope.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import { requiresRole } from '../auth/requires-role.ts'
import { rateLimited } from '../limits/mutation-rate.ts'
import { builder } from './builder.ts'
import { Refresh } from './object-refs.ts'

const StartRefreshInput = builder.inputType('StartRefreshInput', {
  description:
    'What to refresh: the devices of all that is named; everything if no list is given. An empty list is refused.',
  fields: (t) => ({
    countryIds: t.idList({ description: 'Ids of countries: all their active devices.' }),
    siteIds: t.idList({ description: 'Ids of sites: all their active devices.' }),
    deviceIds: t.idList({ description: 'Ids of devices; decommissioned ones are left out.' }),
    sync: t.boolean({
      description: 'Fetch the inventory first. Default: true where no scope is given, else false.',
    }),
    force: t.boolean({
      description:
        'Probe devices again that were probed within the cool-down. Also those that are left alone because they keep failing. Default: false.',
    }),
  }),
})

const StartRefreshPayload = builder
  .objectRef<{ refresh: RefreshRow; started: boolean }>('StartRefreshPayload')
  .implement({
    description:
      '`started` is false where a refresh that covers the scope was under way already: that one is returned.',
    fields: (t) => ({
      refresh: t.expose('refresh', { type: Refresh, description: 'The one that does what was asked.' }),
      started: t.exposeBoolean('started', { description: 'Whether it is a new one.' }),
    }),
  })

const CancelRefreshPayload = builder.objectRef<{ refresh: RefreshRow }>('CancelRefreshPayload').implement({
  description: 'The refresh as it ended.',
  fields: (t) => ({
    refresh: t.expose('refresh', { type: Refresh, description: 'CANCELLED, or as it had ended before.' }),
  }),
})

builder.mutationFields((t) => ({
  startRefresh: t.field({
    type: StartRefreshPayload,
    extensions: rateLimited,
    ...requiresRole('OPERATOR', 'Runs within the budgets; the same scope asked for twice at once runs once.'),
    args: {
      input: t.arg({ type: StartRefreshInput, required: true, description: '`{}` for everything.' }),
    },
    resolve: (_root, { input }, { refreshes, viewer }) => {
      const scope = {
        countryIds: rowIds('Country', 'countryIds', input.countryIds),
        siteIds: rowIds('Site', 'siteIds', input.siteIds),
        deviceIds: rowIds('Device', 'deviceIds', input.deviceIds),
      }
      return refreshes.request({
        trigger: 'MUTATION',
        requestedBy: viewer.name,
        scope,
        sync: input.sync ?? isEverything(scope),
        force: input.force ?? false,
      })
    },
  }),
  cancelRefresh: t.field({
    type: CancelRefreshPayload,
    ...requiresRole(
      'OPERATOR',
      'Closes the probes in flight within a second; their results so far are kept.',
    ),
    args: {
      id: t.arg.id({ required: true, description: 'Of a `Refresh`; one that has ended stays as it is.' }),
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
      'Probes again only what did not end in SUPPORTED. Devices that were cut off or not come to count among these, decommissioned ones do not, and neither the cool-down nor repeated failure leaves any out. The inventory is not fetched. Where nothing is left to probe, the new refresh is COMPLETED at once; one that has not ended is CONFLICT.',
    ),
    args: { id: t.arg.id({ required: true, description: 'Of a `Refresh` that has ended.' }) },
    resolve: (_root, { id }, { refreshes, viewer }) => refreshes.retry(rowId('Refresh', id), viewer.name),
  }),
}))

/**
 * The ids of rows, each once; none if no list is given.
 *
 * @throws RollcallError BAD_USER_INPUT for an empty list: a client whose selection is empty does not mean everything.
 */
function rowIds(
  type: 'Country' | 'Site' | 'Device',
  argument: string,
  ids: readonly string[] | null | undefined,
): number[] {
  if (ids?.length === 0) {
    throw new RollcallError(
      'BAD_USER_INPUT',
      `\`${argument}\` is an empty list, which names nothing to refresh; leave it out, or give at least one id.`,
    )
  }
  return [...new Set((ids ?? []).map((id) => rowId(type, id)))]
}
