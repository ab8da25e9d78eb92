import { changesBetween } from '../../inventory/diff.ts'
import { MANUAL_SOURCE } from '../../inventory/record.ts'
import { applyByHand, checkInput, type DeviceInput, type ManualContext } from './manual-device.ts'

/**
 * Adds a device by hand; one that was decommissioned at the same place comes back under its id. No source
 * decommissions it from then on. Resolves with its id.
 *
 * @throws RollcallError BAD_USER_INPUT where it cannot be used, or another active device has its name or its address and port
 */
export async function onboardDevice(context: ManualContext, input: DeviceInput, by: string): Promise<number> {
  const { record, namesake } = await checkInput(context, input, null)
  const change = namesake
    ? {
        restored: [{ id: namesake.id, record, changes: changesBetween(namesake, record, MANUAL_SOURCE) }],
      }
    : { created: [record] }
  const [id = 0] = await applyByHand(context, change, { by })
  return id
}
