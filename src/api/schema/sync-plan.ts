import { RollcallError } from '../../base/errors.ts'
import { rowId } from '../../base/global-id.ts'
import type { RejectedRow, SyncPlanRow } from '../../store/inventory/sync-plan-store.ts'
import { requiresRole } from '../auth/requires-role.ts'
import { listSize } from '../limits/field-costs.ts'
import { rateLimited } from '../limits/mutation-rate.ts'
import { forgetLoaded } from '../loaders/loaders.ts'
import { builder } from './builder.ts'
import { FieldChange } from './change.ts'
import { LazyConnection, pageRequest } from './connections.ts'
import { ChangeActionEnum, SyncPlanStateEnum } from './enums.ts'
import {
  Device,
  PlannedChange,
  PlannedChangeConnection,
  SyncPlan,
  SyncPlanConnection,
} from './object-refs.ts'

const SOURCE = 'Only the source with this name. Default: all sources.'
const DRY_RUN = 'Whether to only report what would change. Default: false.'

const RejectedRecord = builder.objectRef<RejectedRow>('RejectedRecord').implement({
  description: 'A record that could not be used.',
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'The position in the source, counted from 1.' }),
    record: t.exposeString('record', {
      description:
        'The known fields as the source gives them, as JSON cut to 200 characters. Empty if the fields ' +
        'cannot be identified.',
    }),
    reason: t.exposeString('reason', { description: 'The reason, with what to correct, for a person.' }),
  }),
})

PlannedChange.implement({
  description: 'The change of one device that a sync plan would make or has made.',
  fields: (t) => ({
    action: t.expose('action', {
      type: ChangeActionEnum,
      description: 'The kind of change: CREATED, UPDATED, DECOMMISSIONED or RESTORED.',
    }),
    device: t.field({
      type: Device,
      nullable: true,
      description: 'The device as it is now. Null for a device that would be created.',
      resolve: ({ deviceId }, _args, { loaders }) =>
        deviceId === null ? null : loaders.device.load(deviceId),
    }),
    name: t.exposeString('name', { description: 'The name of the device after the change.' }),
    site: t.exposeString('site', { description: 'The name of its site after the change.' }),
    country: t.exposeString('country', { description: 'The name of its country after the change.' }),
    fields: t.field({
      type: [FieldChange],
      extensions: listSize(5),
      description: 'The changed fields. Empty for CREATED and DECOMMISSIONED.',
      resolve: ({ fields }) => [...fields],
    }),
  }),
})

builder.node(SyncPlan, {
  description: 'The changes that a sync of one source would make, and whether they were applied.',
  id: { resolve: (plan) => plan.id },
  loadWithoutCache: (id, { loaders }) => loaders.syncPlan.load(Number(id)),
  fields: (t) => ({
    source: t.exposeString('source', { description: 'The name of the source in the configuration.' }),
    state: t.expose('state', { type: SyncPlanStateEnum, description: 'The state of the plan.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description:
        'Why the plan awaits approval or failed, for a person. It is kept after the decision. Null if it ' +
        'did neither.',
    }),
    created: t.exposeInt('created', { description: 'Devices that the source lists for the first time.' }),
    updated: t.exposeInt('updated', {
      description: 'Devices with changed fields, including devices that are listed again.',
    }),
    decommissioned: t.exposeInt('decommissioned', {
      description:
        'Devices that the source no longer lists. If the plan awaits approval, the number that would be ' +
        'decommissioned.',
    }),
    moved: t.exposeInt('moved', {
      description:
        'Devices that change their site or country. They count as updated, too, unless their moves await ' +
        'approval. In that case `reason` says how many would move.',
    }),
    unchanged: t.exposeInt('unchanged', {
      description: 'Devices without a change.',
    }),
    rejectedRecords: t.field({
      type: [RejectedRecord],
      extensions: listSize(100),
      description:
        'Records of the source that could not be used, with the reason, at most the first thousand. The ' +
        'other records are applied.',
      resolve: (plan) => plan.rejected,
    }),
    warnings: t.exposeStringList('warnings', {
      description: 'Warnings for a person that did not cause a record to be rejected.',
    }),
    changes: t.connection(
      {
        type: PlannedChange,
        description:
          'What the plan would do or did, device by device, in the order of names. ' +
          'A plan that awaits approval lists what was applied as well as what waits. ' +
          'Empty for a FAILED plan, and for plans of versions that did not keep the changes.',
        args: {
          action: t.arg({
            type: ChangeActionEnum,
            description: 'Only changes of this kind. Default: all. A move to another site is UPDATED.',
          }),
        },
        resolve: ({ changeSetId }, { action, ...args }, { loaders }) => {
          // Stands for no list, since ids start at 1.
          const setId = changeSetId ?? 0
          const pages = loaders.changesOfPlan.for({ action, page: pageRequest(args) })
          return new LazyConnection({
            fetchPage: () => pages.load(setId),
            countAll: () => loaders.changeCountOfPlan.for({ action }).load(setId),
          })
        },
      },
      PlannedChangeConnection,
    ),
    plannedAt: t.expose('plannedAt', {
      type: 'DateTime',
      description: 'When the source was fetched and compared.',
    }),
    decidedAt: t.expose('decidedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the plan was approved or rejected or expired; null if it needed no decision.',
    }),
    decidedBy: t.exposeString('decidedBy', {
      nullable: true,
      description: 'The name of the token or user that decided; null if nobody did.',
    }),
  }),
})

const SyncInventoryInput = builder.inputType('SyncInventoryInput', {
  description: 'What to sync, and whether to apply it.',
  fields: (t) => ({
    source: t.string({ description: SOURCE }),
    dryRun: t.boolean({ description: DRY_RUN }),
  }),
})

const SyncInventoryPayload = builder.objectRef<{ plans: SyncPlanRow[] }>('SyncInventoryPayload').implement({
  description: 'One plan for each source that was synced, in the order of the configuration.',
  fields: (t) => ({
    plans: t.expose('plans', {
      type: [SyncPlan],
      extensions: listSize(5),
      description: 'The changes that the sync would make or has made.',
    }),
  }),
})

const SyncPlanPayload = builder.objectRef<{ plan: SyncPlanRow }>('SyncPlanPayload').implement({
  description: 'The plan as it is now.',
  fields: (t) => ({ plan: t.expose('plan', { type: SyncPlan, description: 'The plan with the decision.' }) }),
})

builder.queryField('syncPlans', (t) =>
  t.connection(
    {
      type: SyncPlan,
      description: 'All sync plans, newest first.',
      args: {
        state: t.arg({
          type: [SyncPlanStateEnum],
          description: 'Only plans in one of these states. Default: all.',
        }),
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
      'Fetches the inventory and applies the changes, without a refresh. A source that cannot be read ' +
        'results in a FAILED plan.',
    ),
    args: {
      input: t.arg({ type: SyncInventoryInput, description: 'Default: all sources are synced.' }),
      source: t.arg.string({ description: SOURCE, deprecationReason: 'Use `input`.' }),
      dryRun: t.arg.boolean({ description: DRY_RUN, deprecationReason: 'Use `input`.' }),
    },
    resolve: async (_root, { input, ...given }, { refreshes, loaders, viewer }) => {
      const { source, dryRun } = input ?? given
      if (input && Object.values(given).some((value) => value != null)) {
        throw new RollcallError(
          'BAD_USER_INPUT',
          'Give `source` and `dryRun` in `input` only, not as arguments of their own as well.',
        )
      }
      const request = { source, dryRun: dryRun ?? false, requestedBy: viewer.name }
      const plans = await refreshes.syncInventory(request)
      forgetLoaded(loaders)
      return { plans }
    },
  }),
  approveSyncPlan: t.field({
    type: SyncPlanPayload,
    extensions: rateLimited,
    ...requiresRole(
      'ADMIN',
      'Fetches the source again and applies the plan if the source is unchanged. If it has changed or ' +
        'cannot be read, the error is CONFLICT.',
    ),
    args: {
      id: t.arg.id({ required: true, description: 'The id of a `SyncPlan` that is AWAITING_APPROVAL.' }),
    },
    resolve: async (_root, { id }, { refreshes, loaders, viewer }) => {
      const plan = await refreshes.approveSyncPlan(rowId('SyncPlan', id), viewer.name)
      forgetLoaded(loaders)
      return { plan }
    },
  }),
  rejectSyncPlan: t.field({
    type: SyncPlanPayload,
    ...requiresRole(
      'ADMIN',
      'Rejects the plan: the devices that it would decommission or move stay as they are. The next sync ' +
        'makes a new plan.',
    ),
    args: {
      id: t.arg.id({ required: true, description: 'The id of a `SyncPlan` that is AWAITING_APPROVAL.' }),
    },
    resolve: async (_root, { id }, { refreshes, loaders, viewer }) => {
      const plan = await refreshes.rejectSyncPlan(rowId('SyncPlan', id), viewer.name)
      forgetLoaded(loaders)
      return { plan }
    },
  }),
}))
