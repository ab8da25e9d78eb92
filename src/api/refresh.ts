import type { ProbeOutcome } from '../netconf/outcome.ts'
import { PROBE_OUTCOMES } from '../netconf/outcome.ts'
import type { RefreshProgress as Progress } from '../refresh/progress.ts'
import { isEverything } from '../refresh/scope.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import { builder } from './builder.ts'
import { pageRequest, toConnection } from './connections.ts'
import { ProbeOutcomeEnum, RefreshStateEnum, RefreshTriggerEnum } from './enums.ts'
import { encodeGlobalId, rowId } from './global-id.ts'
import { Country, Device, Probe, ProbeConnection, Refresh, RefreshConnection, Site } from './object-refs.ts'
import { OutcomeCount } from './summary.ts'

const RefreshScope = builder.objectRef<RefreshRow>('RefreshScope').implement({
  description: 'What a refresh covers. Empty lists mean: everything.',
  fields: (t) => ({
    countries: t.field({
      type: [Country],
      resolve: async ({ scope }, _args, { loaders }) =>
        present(await Promise.all(scope.countryIds.map((id) => loaders.country.load(id)))),
    }),
    sites: t.field({
      type: [Site],
      resolve: async ({ scope }, _args, { loaders }) =>
        present(await Promise.all(scope.siteIds.map((id) => loaders.site.load(id)))),
    }),
    devices: t.field({
      type: [Device],
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
    refreshId: t.id({ resolve: ({ refreshId }) => encodeGlobalId('Refresh', refreshId) }),
    state: t.expose('state', { type: RefreshStateEnum }),
    total: t.exposeInt('total', { description: 'Devices to probe; 0 until the inventory is there.' }),
    done: t.exposeInt('done', { description: 'Devices that have their result.' }),
    inFlight: t.exposeInt('inFlight', { description: 'Devices that are being probed now.' }),
    byOutcome: t.field({
      type: [OutcomeCount],
      description: 'Outcomes that did not occur are left out.',
      resolve: ({ byOutcome }) => outcomeCounts(byOutcome),
    }),
    elapsedMs: t.exposeFloat('elapsedMs', { description: 'Since the refresh started.' }),
    etaMs: t.exposeFloat('etaMs', {
      nullable: true,
      description:
        'Estimate of the time left, and never less than the time since the last result; null before there is a rate to judge from.',
    }),
    probesPerSecond: t.exposeFloat('probesPerSecond', {
      description: 'Over the last 5 seconds; once the refresh has ended, on average.',
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
  loadOne: (id, { loaders }) => loaders.refresh.load(Number(id)),
  fields: (t) => ({
    state: t.expose('state', { type: RefreshStateEnum }),
    trigger: t.expose('trigger', { type: RefreshTriggerEnum }),
    requestedBy: t.exposeString('requestedBy', {
      nullable: true,
      description: "Who asked: the token's or user's name; null for the schedule.",
    }),
    scope: t.field({ type: RefreshScope, resolve: (refresh) => refresh }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
    progress: t.field({
      type: RefreshProgress,
      resolve: (refresh, _args, { refreshes }) => refreshes.progress(refresh),
    }),
    error: t.exposeString('error', {
      nullable: true,
      description:
        'Why the refresh FAILED or was INTERRUPTED; otherwise, why the inventory could not be fetched first.',
    }),
    probes: t.connection(
      {
        type: Probe,
        description: 'In the order in which they ended.',
        args: { outcome: t.arg({ type: [ProbeOutcomeEnum] }) },
        resolve: async ({ id: refreshId }, { outcome: outcomes, ...args }, { store }) =>
          toConnection(
            await store.probes.pageOfRefresh({ refreshId, outcomes, page: pageRequest(args) }),
            () => store.probes.count({ refreshId, outcomes }),
          ),
      },
      ProbeConnection,
    ),
  }),
})

const StartRefreshInput = builder.inputType('StartRefreshInput', {
  description: 'What to refresh: the devices of all that is named; everything where nothing is.',
  fields: (t) => ({
    countryIds: t.idList(),
    siteIds: t.idList(),
    deviceIds: t.idList(),
    sync: t.boolean({
      description: 'Fetch the inventory first. Default: true where no scope is given, else false.',
    }),
    force: t.boolean({ description: 'Probe devices again that were probed within the cool-down.' }),
  }),
})

const StartRefreshPayload = builder
  .objectRef<{ refresh: RefreshRow; started: boolean }>('StartRefreshPayload')
  .implement({
    description:
      '`started` is false where a refresh that covers the scope was under way already: that one is returned.',
    fields: (t) => ({
      refresh: t.expose('refresh', { type: Refresh }),
      started: t.exposeBoolean('started', {}),
    }),
  })

const CancelRefreshPayload = builder.objectRef<{ refresh: RefreshRow }>('CancelRefreshPayload').implement({
  description: 'The refresh as it ended.',
  fields: (t) => ({ refresh: t.expose('refresh', { type: Refresh }) }),
})

builder.queryFields((t) => ({
  refresh: t.field({
    type: Refresh,
    nullable: true,
    description: 'The refresh of this id; null where there is none.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { loaders }) => loaders.refresh.load(rowId('Refresh', id)),
  }),
  refreshes: t.connection(
    {
      type: Refresh,
      description: 'Newest first.',
      args: { state: t.arg({ type: [RefreshStateEnum] }) },
      resolve: async (_root, { state: states, ...args }, { store }) =>
        toConnection(await store.refreshes.page({ states, page: pageRequest(args) }), () =>
          store.refreshes.count(states),
        ),
    },
    RefreshConnection,
  ),
}))

builder.mutationFields((t) => ({
  startRefresh: t.field({
    type: StartRefreshPayload,
    description: 'OPERATOR. Runs within the budgets; the same scope asked for twice at once runs once.',
    args: { input: t.arg({ type: StartRefreshInput, required: true }) },
    resolve: (_root, { input }, { refreshes }) => {
      const scope = {
        countryIds: rowIds('Country', input.countryIds),
        siteIds: rowIds('Site', input.siteIds),
        deviceIds: rowIds('Device', input.deviceIds),
      }
      return refreshes.request({
        trigger: 'MUTATION',
        requestedBy: 'anonymous',
        scope,
        sync: input.sync ?? isEverything(scope),
        force: input.force ?? false,
      })
    },
  }),
  cancelRefresh: t.field({
    type: CancelRefreshPayload,
    description: 'OPERATOR. Closes the probes in flight within a second; their results so far are kept.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { refreshes }) => ({
      refresh: await refreshes.cancel(rowId('Refresh', id)),
    }),
  }),
}))

function rowIds(type: 'Country' | 'Site' | 'Device', ids: readonly string[] | null | undefined): number[] {
  return [...new Set((ids ?? []).map((id) => rowId(type, id)))]
}

function present<T>(rows: (T | null)[]): T[] {
  return rows.filter((row) => row !== null)
}

function outcomeCounts(counts: Partial<Record<ProbeOutcome, number>>) {
  return PROBE_OUTCOMES.flatMap((outcome) => {
    const count = counts[outcome] ?? 0
    return count > 0 ? [{ outcome, count }] : []
  })
}
