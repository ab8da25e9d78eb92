import { RollcallError } from '../../base/errors.ts'
import { rowId } from '../../base/global-id.ts'
import type { DeviceRow } from '../../store/device-store.ts'
import { requiresRole } from '../auth/requires-role.ts'
import type { ApiContext } from '../context.ts'
import { expectRow } from '../loaders/loader.ts'
import { forgetLoaded } from '../loaders/loaders.ts'
import { builder } from './builder.ts'
import { Device } from './object-refs.ts'

/** The limit for a text that a person writes and Rollcall keeps. */
const MAX_CHARACTERS = 1_000

const PORT = 'TCP port of NETCONF over SSH. Default: `probe.port` of the configuration.'
const PLATFORM =
  'The platform by which the configuration selects credentials and requirements, for example iosxe or junos.'
const REGION = 'The region of the country. If it is left out, the region stays as it is.'
const CREDENTIAL =
  'Name of the credential to use. Default: the first one of the configuration whose `match` fits.'

const DeviceInput = builder.inputType('DeviceInput', {
  description: 'A device with the fields of a source record.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Unique within its site.' }),
    address: t.string({ required: true, description: 'IPv4, IPv6 or host name.' }),
    port: t.int({ description: PORT }),
    platform: t.string({ description: PLATFORM }),
    site: t.string({
      required: true,
      description: 'Name of the site. It is added to the country if it does not exist.',
    }),
    country: t.string({
      required: true,
      description: 'Name of the country. It is added if it does not exist.',
    }),
    region: t.string({ description: REGION }),
    credential: t.string({ description: CREDENTIAL }),
  }),
})

const DeviceUpdateInput = builder.inputType('DeviceUpdateInput', {
  description: 'Fields that are left out keep their values; null clears an optional field.',
  fields: (t) => ({
    name: t.string({ description: 'Unique within its site.' }),
    address: t.string({ description: 'IPv4, IPv6 or host name.' }),
    port: t.int({ description: PORT }),
    platform: t.string({ description: PLATFORM }),
    site: t.string({ description: 'Name of the site. It is added to the country if it does not exist.' }),
    country: t.string({ description: 'Name of the country. It is added if it does not exist.' }),
    region: t.string({ description: REGION }),
    credential: t.string({ description: CREDENTIAL }),
  }),
})

const DevicePayload = builder.objectRef<{ device: DeviceRow }>('DevicePayload').implement({
  description: 'The device as it is now.',
  fields: (t) => ({
    device: t.expose('device', { type: Device, description: 'The device with its changes.' }),
  }),
})

builder.mutationFields((t) => ({
  onboardDevice: t.field({
    type: DevicePayload,
    ...requiresRole(
      'ADMIN',
      'Adds a device by hand, or restores the decommissioned device with this name at this site. From ' +
        'then on, no source changes or decommissions it.',
    ),
    args: {
      input: t.arg({ type: DeviceInput, required: true, description: 'The fields of the device.' }),
    },
    resolve: async (_root, { input }, context) =>
      devicePayload(await context.refreshes.onboardDevice(input, context.viewer.name), context),
  }),
  updateDevice: t.field({
    type: DevicePayload,
    ...requiresRole(
      'ADMIN',
      'Changes a device that was onboarded by hand. It keeps its id and history, also if it is renamed ' +
        'or moved. For a device from a source the error is CONFLICT, because the next sync would undo the ' +
        'change.',
    ),
    args: {
      id: t.arg.id({ required: true, description: 'The id of a `Device` whose source is `manual`.' }),
      input: t.arg({ type: DeviceUpdateInput, required: true, description: 'Only the fields to change.' }),
    },
    resolve: async (_root, { id, input }, context) => {
      const deviceId = rowId('Device', id)
      await context.refreshes.updateDevice(deviceId, input, context.viewer.name)
      return devicePayload(deviceId, context)
    },
  }),
  decommissionDevice: t.field({
    type: DevicePayload,
    ...requiresRole(
      'ADMIN',
      'Stops probing the device, and keeps it and its history. It stays decommissioned until it is ' +
        'onboarded again, even if a source lists it.',
    ),
    args: {
      id: t.arg.id({ required: true, description: 'The id of a `Device`.' }),
      reason: t.arg.string({ description: 'A sentence for the change log.' }),
    },
    resolve: async (_root, { id, reason }, context) => {
      checkTextLength('reason', reason)
      const deviceId = rowId('Device', id)
      await context.refreshes.decommissionDevice(deviceId, {
        reason: reason ?? null,
        by: context.viewer.name,
      })
      return devicePayload(deviceId, context)
    },
  }),
  trustHostKey: t.field({
    type: DevicePayload,
    ...requiresRole('ADMIN', 'Trusts the host key that the device offers in place of the known one.'),
    args: {
      deviceId: t.arg.id({ required: true, description: 'The id of a `Device` whose host key is CHANGED.' }),
      fingerprint: t.arg.string({
        required: true,
        description:
          'The fingerprint of the offered key. It makes sure that somebody has looked at this very key.',
      }),
    },
    resolve: async (_root, { deviceId, fingerprint }, context) => {
      const id = rowId('Device', deviceId)
      await context.refreshes.trustHostKey({ deviceId: id, fingerprint }, context.viewer.name)
      return devicePayload(id, context)
    },
  }),
}))

/** Returns the payload of a mutation that has changed this device. */
async function devicePayload(id: number, { loaders }: ApiContext): Promise<{ device: DeviceRow }> {
  forgetLoaded(loaders)
  return { device: expectRow(await loaders.device.load(id)) }
}

/** @throws RollcallError BAD_USER_INPUT for a text that is too long to be kept */
export function checkTextLength(name: string, text: string | null | undefined): void {
  if (!text || text.length <= MAX_CHARACTERS) return
  throw new RollcallError(
    'BAD_USER_INPUT',
    `\`${name}\` has ${text.length} characters, and at most ${MAX_CHARACTERS} are allowed; shorten it.`,
  )
}
