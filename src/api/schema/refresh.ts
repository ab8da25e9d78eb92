import { encodeGlobalId, rowId } from '../../base/global-id.ts'
import type { ProbeOutcome } from '../../netconf/outcome/outcome.ts'
import { PROBE_OUTCOMES } from '../../netconf/outcome/outcome.ts'
import type { RefreshProgress as Progress } from '../../refresh/progress.ts'
import { isEverything } from '../../refresh/scope.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import { listSize } from '../limits/field-costs.ts'
import { builder, readsRequestTimeState } from './builder.ts'
import { LazyConnection, pageRequest } from './connections.ts'
import { ProbeOutcomeEnum, RefreshStateEnum, RefreshTriggerEnum } from './enums.ts'
import { Country, Device, Probe, ProbeConnection, Refresh, RefreshConnection, Site } from './object-refs.ts'
import { InventorySummary, OutcomeCount } from './summary.ts'

const RefreshScope = builder.objectRef<RefreshRow>('RefreshScope').implement({
  description:
    'The scope of a refresh. If all lists are empty, it covers everything. A retry has the scope of the ' +
    'refresh that it repeats.',
  fields: (t) => ({
    countries: t.field({
      type: [Country],
      extensions: listSize(10),
      description: 'Countries with all their devices.',
      resolve: async ({ scope }, _args, { loaders }) =>
        present(await Promise.all(scope.countryIds.map((id) => loaders.country.load(id)))),
    }),
    sites: t.field({
      type: [Site],
      extensions: listSize(10),
      description: 'Sites with all their devices.',
      resolve: async ({ scope }, _args, { loaders }) =>
        present(await Promise.all(scope.siteIds.map((id) => loaders.site.load(id)))),
    }),
    devices: t.field({
      type: [Device],
      extensions: listSize(10),
      description: 'Single devices, in addition to those of the countries and sites.',
      args: { first: t.arg.int({ description: 'At most this many. Default: all.' }) },
      resolve: async ({ scope }, { first }, { loaders }) => {
        const ids = scope.deviceIds.slice(0, Math.max(0, first ?? scope.deviceIds.length))
        return present(await Promise.all(ids.map((id) => loaders.device.load(id))))
      },
    }),
    deviceCount: t.int({
      description: 'The number of single devices.',
      resolve: ({ scope }) => scope.deviceIds.length,
    }),
    isEverything: t.boolean({
      description: 'Whether the refresh covers all devices.',
      resolve: ({ scope }) => isEverything(scope),
    }),
    sync: t.boolean({
      description: 'Whether the refresh fetches the inventory first.',
      resolve: (refresh) => refresh.sync,
    }),
  }),
})

export const RefreshProgress = builder.objectRef<Progress>('RefreshProgress').implement({
  description: 'How many devices a refresh has probed, and how long the rest will take.',
  fields: (t) => ({
    refreshId: t.id({
      description: 'The id of the refresh, for `refresh`, `cancelRefresh` and the subscriptions.',
      resolve: ({ refreshId }) => encodeGlobalId('Refresh', refreshId),
    }),
    state: t.expose('state', {
      type: RefreshStateEnum,
      description: 'The state of the refresh. When it is final, the progress no longer changes.',
    }),
    total: t.exposeInt('total', {
      description: 'The number of devices to probe; 0 until the inventory was fetched.',
    }),
    done: t.exposeInt('done', { description: 'The number of devices with a result.' }),
    inFlight: t.exposeInt('inFlight', { description: 'The number of devices that are being probed now.' }),
    byOutcome: t.field({
      type: [OutcomeCount],
      extensions: listSize(5),
      description: 'The results by outcome. Outcomes that did not occur are left out.',
      resolve: ({ byOutcome }) => outcomeCounts(byOutcome),
    }),
    elapsedMs: t.exposeFloat('elapsedMs', {
      description: 'Milliseconds from the start of the refresh until its end, or until now.',
    }),
    etaMs: t.exposeFloat('etaMs', {
      nullable: true,
      description:
        'The estimated time left in milliseconds, at least the time since the last result. Null until ' +
        'there is a rate to estimate from.',
    }),
    probesPerSecond: t.exposeFloat('probesPerSecond', {
      description: 'Results per second over the last 5 seconds. After the end of the refresh, the average.',
    }),
    pausedBecause: t.exposeString('pausedBecause', {
      nullable: true,
      description:
        'Why the refresh waits, for a person, for example because the database cannot be written. Null ' +
        'if it does not wait.',
    }),
  }),
})

builder.node(Refresh, {
  description: 'One pass: fetch the inventory from its sources (sync), then probe the devices in scope.',
  id: { resolve: (refresh) => refresh.id },
  loadWithoutCache: (id, { loaders }) => loaders.refresh.load(Number(id)),
  fields: (t) => ({
    state: t.expose('state', { type: RefreshStateEnum, description: 'The state of the refresh.' }),
    trigger: t.expose('trigger', { type: RefreshTriggerEnum, description: 'The cause of the refresh.' }),
    requestedBy: t.exposeString('requestedBy', {
      nullable: true,
      description: 'The name of the token or user that requested it; null for the schedule.',
    }),
    scope: t.field({
      type: RefreshScope,
      description: 'The requested scope.',
      resolve: (refresh) => refresh,
    }),
    retryOf: t.field({
      type: Refresh,
      nullable: true,
      description: 'The refresh whose failed devices this one probes again; null if it is not a retry.',
      resolve: ({ retryOf }, _args, { loaders }) => (retryOf === null ? null : loaders.refresh.load(retryOf)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the refresh was requested.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the refresh began to sync or to probe; null while it is QUEUED.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the refresh was COMPLETED, CANCELLED or FAILED; null until then.',
    }),
    progress: t.field({
      type: RefreshProgress,
      description: 'The progress now, or at the end of the refresh.',
      extensions: readsRequestTimeState,
      resolve: (refresh, _args, { refreshes }) => refreshes.progress(refresh),
    }),
    summary: t.expose('summary', {
      type: InventorySummary,
      nullable: true,
      description:
        'The counts over all active devices when the refresh ended, whatever its scope. Null until then, ' +
        'and for refreshes of versions that did not keep them.',
    }),
    error: t.exposeString('error', {
      nullable: true,
      description:
        'Why the refresh FAILED or was INTERRUPTED, or why the inventory could not be fetched. Null if ' +
        'there was no error.',
    }),
    probes: t.connection(
      {
        type: Probe,
        description: 'The probes in the order in which they ended.',
        args: {
          outcome: t.arg({
            type: [ProbeOutcomeEnum],
            description: 'Only probes with one of these outcomes. Default: all.',
          }),
        },
        resolve: ({ id }, { outcome: outcomes, ...args }, { loaders }) => {
          const pages = loaders.probesOfRefresh.for({ outcomes, page: pageRequest(args) })
          return new LazyConnection({
            fetchPage: () => pages.load(id),
            countAll: () => loaders.probeCountOfRefresh.for(outcomes).load(id),
          })
        },
      },
      ProbeConnection,
    ),
  }),
})

builder.queryFields((t) => ({
  refresh: t.field({
    type: Refresh,
    nullable: true,
    description: 'The refresh with this id; null if there is none.',
    args: { id: t.arg.id({ required: true, description: 'The id of a `Refresh`.' }) },
    resolve: (_root, { id }, { loaders }) => loaders.refresh.load(rowId('Refresh', id)),
  }),
  refreshes: t.connection(
    {
      type: Refresh,
      description: 'All refreshes, newest first.',
      args: {
        state: t.arg({
          type: [RefreshStateEnum],
          description: 'Only refreshes in one of these states. Default: all.',
        }),
      },
      resolve: (_root, { state: states, ...args }, { store, loaders }) => {
        const page = pageRequest(args)
        return new LazyConnection({
          fetchPage: async () => {
            const found = await store.refreshes.page({ states, page })
            loaders.refresh.learnRows(found.items)
            return found
          },
          countAll: () => store.refreshes.count(states),
        })
      },
    },
    RefreshConnection,
  ),
}))

function present<T>(rows: (T | null)[]): T[] {
  return rows.filter((row) => row !== null)
}

function outcomeCounts(counts: Partial<Record<ProbeOutcome, number>>) {
  return PROBE_OUTCOMES.flatMap((outcome) => {
    const count = counts[outcome] ?? 0
    return count > 0 ? [{ outcome, count }] : []
  })
}
