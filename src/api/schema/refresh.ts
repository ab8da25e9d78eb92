import { encodeGlobalId, rowId } from '../../base/global-id.ts'
import type { ProbeOutcome } from '../../netconf/protocol/outcome.ts'
import { PROBE_OUTCOMES } from '../../netconf/protocol/outcome.ts'
import type { RefreshProgress as Progress } from '../../refresh/progress.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import { listSize } from '../limits/field-costs.ts'
import { pageRequest } from '../limits/page-request.ts'
import { builder } from './builder.ts'
import { ProbeOutcomeEnum, RefreshStateEnum, RefreshTriggerEnum } from './enums.ts'
import { LazyConnection } from './lazy-connection.ts'
import { Country, Device, Probe, ProbeConnection, Refresh, RefreshConnection, Site } from './object-refs.ts'
import { readsRequestTimeState } from './request-time-state.ts'
import { OutcomeCount } from './summary.ts'

const RefreshScope = builder.objectRef<RefreshRow>('RefreshScope').implement({
  description:
    'What a refresh covers. Empty lists mean: everything. A retry has the scope of the refresh that it tries again.',
  fields: (t) => ({
    countries: t.field({
      type: [Country],
      extensions: listSize(10),
      description: 'All devices of these.',
      resolve: async ({ scope }, _args, { loaders }) =>
        present(await Promise.all(scope.countryIds.map((id) => loaders.country.load(id)))),
    }),
    sites: t.field({
      type: [Site],
      extensions: listSize(10),
      description: 'All devices of these.',
      resolve: async ({ scope }, _args, { loaders }) =>
        present(await Promise.all(scope.siteIds.map((id) => loaders.site.load(id)))),
    }),
    devices: t.field({
      type: [Device],
      extensions: listSize(10),
      description: 'These, besides those of the countries and sites.',
      resolve: async ({ scope }, _args, { loaders }) =>
        present(await Promise.all(scope.deviceIds.map((id) => loaders.device.load(id)))),
    }),
    sync: t.boolean({
      description: 'Whether the inventory is fetched first.',
      resolve: (refresh) => refresh.sync,
    }),
  }),
})

export const RefreshProgress = builder.objectRef<Progress>('RefreshProgress').implement({
  description: 'How far a refresh has come.',
  fields: (t) => ({
    refreshId: t.id({
      description: 'For `refresh`, `cancelRefresh` and the subscriptions.',
      resolve: ({ refreshId }) => encodeGlobalId('Refresh', refreshId),
    }),
    state: t.expose('state', {
      type: RefreshStateEnum,
      description: 'Where the refresh stands; once it is final, nothing here changes any more.',
    }),
    total: t.exposeInt('total', { description: 'Devices to probe; 0 until the inventory is there.' }),
    done: t.exposeInt('done', { description: 'Devices that have their result.' }),
    inFlight: t.exposeInt('inFlight', { description: 'Devices that are being probed now.' }),
    byOutcome: t.field({
      type: [OutcomeCount],
      extensions: listSize(5),
      description: 'Outcomes that did not occur are left out.',
      resolve: ({ byOutcome }) => outcomeCounts(byOutcome),
    }),
    elapsedMs: t.exposeFloat('elapsedMs', {
      description: 'Milliseconds since the refresh started, until now or its end.',
    }),
    etaMs: t.exposeFloat('etaMs', {
      nullable: true,
      description:
        'Estimate of the time left; null before there is a rate to judge from. Milliseconds, and never less than passed since the last result.',
    }),
    probesPerSecond: t.exposeFloat('probesPerSecond', {
      description: 'Results per second over the last 5 seconds; once the refresh has ended, on average.',
    }),
    pausedBecause: t.exposeString('pausedBecause', {
      nullable: true,
      description:
        'What keeps the refresh waiting, for a person: a database that cannot be written, for example. Null where it goes on.',
    }),
  }),
})

builder.node(Refresh, {
  description: 'One pass: fetch the inventory from its sources (sync), then probe the devices in scope.',
  id: { resolve: (refresh) => refresh.id },
  loadWithoutCache: (id, { loaders }) => loaders.refresh.load(Number(id)),
  fields: (t) => ({
    state: t.expose('state', { type: RefreshStateEnum, description: 'Where it stands.' }),
    trigger: t.expose('trigger', { type: RefreshTriggerEnum, description: 'What made it start.' }),
    requestedBy: t.exposeString('requestedBy', {
      nullable: true,
      description: "Who asked: the token's or user's name; null for the schedule.",
    }),
    scope: t.field({
      type: RefreshScope,
      description: 'What it was asked to cover.',
      resolve: (refresh) => refresh,
    }),
    retryOf: t.field({
      type: Refresh,
      nullable: true,
      description:
        'The refresh whose failed devices this one probes again, within the same scope; null where it is no retry.',
      resolve: ({ retryOf }, _args, { loaders }) => (retryOf === null ? null : loaders.refresh.load(retryOf)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it began to sync or to probe; null while it is QUEUED.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was COMPLETED, CANCELLED or FAILED; null until then.',
    }),
    progress: t.field({
      type: RefreshProgress,
      description: 'How far it has come: as of now while it runs, then as it ended.',
      extensions: readsRequestTimeState,
      resolve: (refresh, _args, { refreshes }) => refreshes.progress(refresh),
    }),
    error: t.exposeString('error', {
      nullable: true,
      description:
        'Why the refresh FAILED or was INTERRUPTED. Otherwise, why the inventory could not be fetched first; null where nothing went wrong.',
    }),
    probes: t.connection(
      {
        type: Probe,
        description: 'In the order in which they ended.',
        args: {
          outcome: t.arg({
            type: [ProbeOutcomeEnum],
            description: 'Only those that ended in one of these. Default: all.',
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
    description: 'The refresh of this id; null where there is none.',
    args: { id: t.arg.id({ required: true, description: 'Of a `Refresh`.' }) },
    resolve: (_root, { id }, { loaders }) => loaders.refresh.load(rowId('Refresh', id)),
  }),
  refreshes: t.connection(
    {
      type: Refresh,
      description: 'Newest first.',
      args: {
        state: t.arg({ type: [RefreshStateEnum], description: 'Only those in one of these. Default: all.' }),
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
