import { rowId } from '../../base/global-id.ts'
import type { ChangedField } from '../../store/results/change-store.ts'
import { listSize } from '../limits/field-costs.ts'
import { builder } from './builder.ts'
import { LazyConnection, pageRequest } from './connections.ts'
import { ChangeActionEnum } from './enums.ts'
import { ChangeFilterInput } from './filter-inputs.ts'
import { Change, ChangeConnection, Device } from './object-refs.ts'

export const FieldChange = builder.objectRef<ChangedField>('FieldChange').implement({
  description: 'The change of one field of a device.',
  fields: (t) => ({
    field: t.exposeString('field', {
      description:
        'A field of the record or of the facts, `capability`, `hostKey` or `lifecycle`. `reason` and ' +
        '`approvedBy` describe a decision.',
    }),
    before: t.exposeString('before', { nullable: true, description: 'Null if there was no value.' }),
    after: t.exposeString('after', { nullable: true, description: 'Null if there is no value.' }),
  }),
})

builder.node(Change, {
  description: 'One entry of the append-only change log.',
  id: { resolve: (change) => change.id },
  loadWithoutCache: (id, { loaders }) => loaders.change.load(Number(id)),
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When the change was applied.' }),
    actor: t.exposeString('actor', {
      description:
        "A token's or user's name, or `source:NAME`; `refresh` or `known-hosts` if Rollcall found the " +
        'change by itself.',
    }),
    action: t.expose('action', { type: ChangeActionEnum, description: 'The kind of change.' }),
    device: t.field({
      type: Device,
      nullable: true,
      description: 'The device as it is now.',
      resolve: (change, _args, { loaders }) => loaders.device.load(change.deviceId),
    }),
    fields: t.field({
      type: [FieldChange],
      extensions: listSize(5),
      description: 'The changed fields.',
      resolve: ({ fields }) => [...fields],
    }),
  }),
})

builder.queryField('changes', (t) =>
  t.connection(
    {
      type: Change,
      description: 'Newest first.',
      args: {
        deviceId: t.arg.id({ description: 'Only the changes of this device.' }),
        filter: t.arg({ type: ChangeFilterInput, description: 'Only matching changes.' }),
      },
      resolve: (_root, { deviceId: id, filter, ...args }, { store }) => {
        const deviceId = id == null ? null : rowId('Device', id)
        const page = pageRequest(args)
        return new LazyConnection({
          fetchPage: () => store.changes.page({ deviceId, filter, page }),
          countAll: () => store.changes.count({ deviceId, filter }),
        })
      },
    },
    ChangeConnection,
  ),
)
