import { rowId } from '../../base/global-id.ts'
import type { RejectedRow, SyncPlanRow } from '../../store/sync-plan-store.ts'
import { requiresRole } from '../auth/requires-role.ts'
import { listSize } from '../limits/field-costs.ts'
import { rateLimited } from '../limits/mutation-rate.ts'
import { pageRequest } from '../limits/page-request.ts'
import { forgetLoaded } from '../loaders/loaders.ts'
import { builder } from './builder.ts'
import { SyncPlanStateEnum } from './enums.ts'
import { LazyConnection } from './lazy-connection.ts'
import { SyncPlan, SyncPlanConnection } from './object-refs.ts'

const RejectedRecord = builder.objectRef<RejectedRow>('RejectedRecord').implement({
  description: 'A record that could not be used.',
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'Its place in the source, from 1 on.' }),
    record: t.exposeString('record', {
      description:
        'The fields that Rollcall knows, as the source gives them, in JSON cut to 200 characters. Empty if they cannot be told from others.',
    }),
    reason: t.exposeString('reason', { description: 'What to correct, for a person.' }),
  }),
})

builder.node(SyncPlan, {
  description: 'What a sync of one source would change, and what became of it.',
  id: { resolve: (plan) => plan.id },
  loadWithoutCache: (id, { loaders }) => loaders.syncPlan.load(Number(id)),
  fields: (t) => ({
    source: t.exposeString('source', { description: 'Its name in the configuration.' }),
    state: t.expose('state', { type: SyncPlanStateEnum, description: 'What became of it.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description:
        'Why it awaits approval or failed, for a person; it stays once that is decided. Null where it did neither.',
    }),
    created: t.exposeInt('created', { description: 'Devices that the source lists for the first time.' }),
    updated: t.exposeInt('updated', {
      description: 'Devices of which the source says something else; those that came back are among them.',
    }),
    decommissioned: t.exposeInt('decommissioned', {
      description:
        'Devices that the source no longer lists. Where it awaits approval: how many that would decommission.',
    }),
    moved: t.exposeInt('moved', {
      description:
        'Devices that change their site or country. They are among the updated ones, unless their moves await approval: `reason` says so then, with how many would move.',
    }),
    unchanged: t.exposeInt('unchanged', {
      description: 'Devices of which the source says the same as before.',
    }),
    rejectedRecords: t.field({
      type: [RejectedRecord],
      extensions: listSize(100),
      description:
        'Records that the source gave and that could not be used, each with why; the rest is applied. Of more than a thousand, the first.',
      resolve: (plan) => plan.rejected,
    }),
    warnings: t.exposeStringList('warnings', {
      description: 'What a person should know although nothing was refused, in sentences.',
    }),
    plannedAt: t.expose('plannedAt', {
      type: 'DateTime',
      description: 'When the source had been fetched and compared.',
    }),
    decidedAt: t.expose('decidedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was approved, was rejected or expired; null where nothing was to be decided.',
    }),
    decidedBy: t.exposeString('decidedBy', {
      nullable: true,
      description: "The token's or user's name; null where nobody decided.",
    }),
  }),
})

const SyncInventoryPayload = builder.objectRef<{ plans: SyncPlanRow[] }>('SyncInventoryPayload').implement({
  description: 'One plan for each source that was synced, in the order of the configuration.',
  fields: (t) => ({
    plans: t.expose('plans', {
      type: [SyncPlan],
      extensions: listSize(5),
      description: 'What the sync would change, or has changed.',
    }),
  }),
})

const SyncPlanPayload = builder.objectRef<{ plan: SyncPlanRow }>('SyncPlanPayload').implement({
  description: 'The plan as it is now.',
  fields: (t) => ({ plan: t.expose('plan', { type: SyncPlan, description: 'With what was decided.' }) }),
})

builder.queryField('syncPlans', (t) =>
  t.connection(
    {
      type: SyncPlan,
      description: 'Newest first.',
      args: {
        state: t.arg({ type: [SyncPlanStateEnum], description: 'Only those in one of these. Default: all.' }),
      },
      resolve: (_root, { state: states, ...args }, { store }) => {
        const page = pageRequest(args)
        return new LazyConnection({
          fetchPage: () => store.syncPlans.page({ states, page }),
          countAll: () => store.syncPlans.count(states),
        })
      },
    },
    SyncPlanConnection,
  ),
)

builder.mutationFields((t) => ({
  syncInventory: t.field({
    type: SyncInventoryPayload,
    extensions: rateLimited,
    ...requiresRole(
      'OPERATOR',
      'Fetches the inventory and applies what has changed, without a refresh. A source that cannot be read has a FAILED plan.',
    ),
    args: {
      source: t.arg.string({ description: 'Only the source of this name. Default: every one.' }),
      dryRun: t.arg.boolean({ description: 'Tells what would change, and changes nothing. Default: false.' }),
    },
    resolve: async (_root, { source, dryRun }, { refreshes, loaders, viewer }) => {
      const request = { source, dryRun: dryRun ?? false, requestedBy: viewer.name }
      const plans = await refreshes.syncInventory(request, untilTheGatewayStops())
      forgetLoaded(loaders)
      return { plans }
    },
  }),
  approveSyncPlan: t.field({
    type: SyncPlanPayload,
    extensions: rateLimited,
    ...requiresRole(
      'ADMIN',
      'Fetches the source again, and applies the plan where it still says the same. Otherwise, and where the source cannot be read, CONFLICT.',
    ),
    args: { id: t.arg.id({ required: true, description: 'Of a `SyncPlan` that is AWAITING_APPROVAL.' }) },
    resolve: async (_root, { id }, { refreshes, loaders, viewer }) => {
      const plan = await refreshes.approveSyncPlan(rowId('SyncPlan', id), viewer.name, untilTheGatewayStops())
      forgetLoaded(loaders)
      return { plan }
    },
  }),
  rejectSyncPlan: t.field({
    type: SyncPlanPayload,
    ...requiresRole(
      'ADMIN',
      'The devices that the plan would decommission or move stay as they are; the next sync makes a new plan.',
    ),
    args: { id: t.arg.id({ required: true, description: 'Of a `SyncPlan` that is AWAITING_APPROVAL.' }) },
    resolve: async (_root, { id }, { refreshes, loaders, viewer }) => {
      const plan = await refreshes.rejectSyncPlan(rowId('SyncPlan', id), viewer.name)
      forgetLoaded(loaders)
      return { plan }
    },
  }),
}))

/** A sync goes on when who asked for it has hung up; the service ends it when it closes. */
function untilTheGatewayStops(): AbortSignal {
  return new AbortController().signal
}
