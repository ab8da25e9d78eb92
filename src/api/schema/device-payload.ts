import type { DeviceRow } from '../../store/device-store.ts'
import type { ApiContext } from '../context.ts'
import { forgetLoaded } from '../loaders/loaders.ts'
import { builder } from './builder.ts'
import { expectRow } from './expect-row.ts'
import { Device } from './object-refs.ts'

export const DevicePayload = builder.objectRef<{ device: DeviceRow }>('DevicePayload').implement({
  description: 'The device as it is now.',
  fields: (t) => ({ device: t.expose('device', { type: Device, description: 'With what was changed.' }) }),
})

/** The payload of a mutation that has changed this device. */
export async function devicePayload(id: number, { loaders }: ApiContext): Promise<{ device: DeviceRow }> {
  forgetLoaded(loaders)
  return { device: expectRow(await loaders.device.load(id)) }
}
