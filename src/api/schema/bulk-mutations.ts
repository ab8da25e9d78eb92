import { RollcallError } from '../../base/errors.ts'
import { rowId } from '../../base/global-id.ts'
import type { BulkResult, LeftDevice } from '../../refresh/inventory/manual-devices.ts'
import { requiresRole } from '../auth/requires-role.ts'
import { listSize } from '../limits/field-costs.ts'
import { rateLimited } from '../limits/mutation-rate.ts'
import { expectRow } from '../loaders/loader.ts'
import { forgetLoaded } from '../loaders/loaders.ts'
import { builder } from './builder.ts'
import { checkTextLength } from './device-mutations.ts'
import { DeviceFilterInput } from './filter-inputs.ts'
import { Device } from './object-refs.ts'

/** The most host keys that one mutation trusts: a person has looked at each. */
const MAX_KEYS = 1_000

const HostKeyTrust = builder.inputType('HostKeyTrust', {
  description: 'A device, and the key that it offers and that somebody has looked at.',
  fields: (t) => ({
    deviceId: t.id({ required: true, description: 'The id of a `Device` whose host key is CHANGED.' }),
    fingerprint: t.string({ required: true, description: 'The fingerprint of the offered key.' }),
  }),
})

const BulkLeft = builder.objectRef<LeftDevice>('BulkLeft').implement({
  description: 'A device for which nothing was done.',
  fields: (t) => ({
    device: t.field({
      type: Device,
      description: 'The device as it is now.',
      resolve: async ({ deviceId }, _args, { loaders }) => expectRow(await loaders.device.load(deviceId)),
    }),
    reason: t.exposeString('reason', { description: 'Why nothing was done, for a person.' }),
  }),
})

const BulkPayload = builder.objectRef<BulkResult>('BulkPayload').implement({
  description: 'What a change of many devices did.',
  fields: (t) => ({
    done: t.exposeInt('done', { description: 'How many devices were changed.' }),
    left: t.field({
      type: [BulkLeft],
      extensions: listSize(10),
      description: 'The devices for which nothing was done.',
      resolve: ({ left }) => left,
    }),
  }),
})

builder.mutationFields((t) => ({
  decommissionDevices: t.field({
    type: BulkPayload,
    extensions: rateLimited,
    ...requiresRole(
      'ADMIN',
      'Decommissions all devices that match, or those listed, as `decommissionDevice` does with one. ' +
        'If they are not `expected` in number at that moment, the error is CONFLICT and nothing is done.',
    ),
    args: {
      ids: t.arg.idList({ description: 'Ids of devices; not together with `filter`.' }),
      filter: t.arg({ type: DeviceFilterInput, description: 'All devices that match.' }),
      expected: t.arg.int({ required: true, description: 'How many devices the caller means.' }),
      reason: t.arg.string({ description: 'A sentence for the change log.' }),
    },
    resolve: async (_root, { ids, filter, expected, reason }, context) => {
      checkTextLength('reason', reason)
      if (Boolean(ids) === Boolean(filter)) {
        throw new RollcallError('BAD_USER_INPUT', 'Give either `ids` or `filter`.')
      }
      const listed = ids ? [...new Set(ids.map((id) => rowId('Device', id)))] : null
      const selection = { ids: listed, filter: context.filterOf(filter) ?? {} }
      const decided = { reason: reason ?? null, by: context.viewer.name }
      const result = await context.refreshes.decommissionDevices(selection, expected, decided)
      forgetLoaded(context.loaders)
      return result
    },
  }),
  trustHostKeys: t.field({
    type: BulkPayload,
    extensions: rateLimited,
    ...requiresRole(
      'ADMIN',
      'Trusts the host keys that devices offer, each exactly as shown. ' +
        'Devices whose key has changed again meanwhile are left and listed.',
    ),
    args: {
      keys: t.arg({ type: [HostKeyTrust], required: true, description: `At most ${MAX_KEYS} keys.` }),
    },
    resolve: async (_root, { keys }, context) => {
      if (keys.length > MAX_KEYS) {
        throw new RollcallError(
          'BAD_USER_INPUT',
          `\`keys\` has ${keys.length} entries; give at most ${MAX_KEYS}.`,
        )
      }
      const wanted = keys.map(({ deviceId, fingerprint }) => ({
        deviceId: rowId('Device', deviceId),
        fingerprint,
      }))
      const result = await context.refreshes.trustHostKeys(wanted, context.viewer.name)
      forgetLoaded(context.loaders)
      return result
    },
  }),
}))
