import { MANUAL_SOURCE } from '../../inventory/record.ts'
import { applyByHand, expectDevice, type ManualContext } from './manual-device.ts'

/**
 * Decommissions a device by hand; one that is so already is left as it is. A device of a source stays decommissioned
 * although the source lists it, until it is onboarded by hand; one that was onboarded by hand may be listed by a source again.
 *
 * @param reason for the change log
 * @throws RollcallError NOT_FOUND
 */
export async function decommissionDevice(
  context: ManualContext,
  id: number,
  { reason, by }: { reason: string | null; by: string },
): Promise<void> {
  const device = await expectDevice(context, id)
  if (device.lifecycle === 'DECOMMISSIONED') return
  const decommission = {
    by: device.source === MANUAL_SOURCE ? null : by,
    note: reason === null ? [] : [{ field: 'reason', before: null, after: reason }],
  }
  await applyByHand(context, { decommissioned: [{ id, record: device }] }, { by, decommission })
}
