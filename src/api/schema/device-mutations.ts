import { RollcallError } from '../../base/errors.ts'
import { rowId } from '../../base/global-id.ts'
import type { DeviceRow } from '../../store/device-store.ts'
import { requiresRole } from '../auth/requires-role.ts'
import type { ApiContext } from '../context.ts'
import { expectRow } from '../loaders/loader.ts'
import { forgetLoaded } from '../loaders/loaders.ts'
import { builder } from './builder.ts'
import { Device } from './object-refs.ts'

/** Of what a person writes to be kept. */
const MAX_CHARACTERS = 1_000

const PORT = 'TCP port of NETCONF over SSH. Default: `probe.port` of the configuration.'
const PLATFORM = 'What the configuration matches credentials and requirements with: iosxe, junos.'
const REGION = "The country's; left out, it is what it is."
const CREDENTIAL =
  'Name of the credential to use. Default: the first of the configuration whose `match` fits.'

const DeviceInput = builder.inputType('DeviceInput', {
  description: 'A device as a record of a source would have it.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Unique within its site.' }),
    address: t.string({ required: true, description: 'IPv4, IPv6 or host name.' }),
    port: t.int({ description: PORT }),
    platform: t.string({ description: PLATFORM }),
    site: t.string({ required: true, description: 'Added to the country where it has no such site.' }),
    country: t.string({ required: true, description: 'Added where it is not known.' }),
    region: t.string({ description: REGION }),
    credential: t.string({ description: CREDENTIAL }),
  }),
})

const DeviceUpdateInput = builder.inputType('DeviceUpdateInput', {
  description: 'What is left out stays as it is; null takes away what a device may be without.',
  fields: (t) => ({
    name: t.string({ description: 'Unique within its site.' }),
    address: t.string({ description: 'IPv4, IPv6 or host name.' }),
    port: t.int({ description: PORT }),
    platform: t.string({ description: PLATFORM }),
    site: t.string({ description: 'Added to the country where it has no such site.' }),
    country: t.string({ description: 'Added where it is not known.' }),
    region: t.string({ description: REGION }),
    credential: t.string({ description: CREDENTIAL }),
  }),
})

const DevicePayload = builder.objectRef<{ device: DeviceRow }>('DevicePayload').implement({
  description: 'The device as it is now.',
  fields: (t) => ({ device: t.expose('device', { type: Device, description: 'With what was changed.' }) }),
})

builder.mutationFields((t) => ({
  onboardDevice: t.field({
    type: DevicePayload,
    ...requiresRole(
      'ADMIN',
      'Adds a device by hand, or brings back the decommissioned one of this name at this site. No source changes or decommissions it from then on.',
    ),
    args: {
      input: t.arg({ type: DeviceInput, required: true, description: 'What is known of the device.' }),
    },
    resolve: async (_root, { input }, context) =>
      devicePayload(await context.refreshes.onboardDevice(input, context.viewer.name), context),
  }),
  updateDevice: t.field({
    type: DevicePayload,
    ...requiresRole(
      'ADMIN',
      'Changes a device that was onboarded by hand; renamed or moved it keeps its id and history. A device of a source is CONFLICT: its next sync would undo it.',
    ),
    args: {
      id: t.arg.id({ required: true, description: 'Of a `Device` whose source is `manual`.' }),
      input: t.arg({ type: DeviceUpdateInput, required: true, description: 'Only what is to change.' }),
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
      'Keeps the device and its history; it is no longer probed. One that a source lists stays decommissioned until it is onboarded.',
    ),
    args: {
      id: t.arg.id({ required: true, description: 'Of a `Device`.' }),
      reason: t.arg.string({ description: 'For the change log; a sentence for whoever asks later.' }),
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
    ...requiresRole('ADMIN', 'Trusts the key that the device offered in place of the one it was known by.'),
    args: {
      deviceId: t.arg.id({ required: true, description: 'Of a `Device` whose host key is CHANGED.' }),
      fingerprint: t.arg.string({
        required: true,
        description: "Must be the offered key's: it guards against trusting one that nobody has looked at.",
      }),
    },
    resolve: async (_root, { deviceId, fingerprint }, context) => {
      const id = rowId('Device', deviceId)
      await context.refreshes.trustHostKey({ deviceId: id, fingerprint }, context.viewer.name)
      return devicePayload(id, context)
    },
  }),
}))

/** The payload of a mutation that has changed this device. */
async function devicePayload(id: number, { loaders }: ApiContext): Promise<{ device: DeviceRow }> {
  forgetLoaded(loaders)
  return { device: expectRow(await loaders.device.load(id)) }
}

/** @throws RollcallError BAD_USER_INPUT for a text that is too long to be kept */
function checkTextLength(name: string, text: string | null | undefined): void {
  if (!text || text.length <= MAX_CHARACTERS) return
  throw new RollcallError(
    'BAD_USER_INPUT',
    `\`${name}\` has ${text.length} characters, and at most ${MAX_CHARACTERS} are allowed; shorten it.`,
  )
}
