import { RollcallError } from '../../base/errors.ts'
import { changesBetween } from '../../inventory/diff.ts'
import { MANUAL_SOURCE } from '../../inventory/record.ts'
import {
  applyByHand,
  checkInput,
  type DeviceInput,
  expectDevice,
  type ManualContext,
} from './manual-device.ts'

/** What is left out stays as it is; null takes away what may be absent. */
export type DevicePatch = { [Field in keyof DeviceInput]?: DeviceInput[Field] | null | undefined }

/**
 * Changes a device that was onboarded by hand; renamed or moved it keeps its id and history.
 *
 * @throws RollcallError NOT_FOUND; CONFLICT for one that is a source's or is decommissioned; BAD_USER_INPUT where it cannot be
 * used so, or another active device has its name or its address and port
 */
export async function updateDevice(
  context: ManualContext,
  id: number,
  patch: DevicePatch,
  by: string,
): Promise<void> {
  const device = await expectDevice(context, id)
  if (device.lifecycle === 'DECOMMISSIONED')
    throw new RollcallError('CONFLICT', `${device.name} is decommissioned; onboard it to have it back.`)
  if (device.source !== MANUAL_SOURCE) {
    throw new RollcallError(
      'CONFLICT',
      `${device.name} is from the source ${device.source}, whose next sync would undo this; change it there.`,
    )
  }
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
  const { name, address, port, platform, site, country, region, credential } = device
  // Another country has a region of its own.
  const kept = patch.country === undefined ? { region } : {}
  const current = { name, address, port, platform, site, country, credential, ...kept }
  const { record } = await checkInput(context, { ...current, ...given }, id)
  const changes = changesBetween(device, record, MANUAL_SOURCE)
  if (changes.length === 0) return
  await applyByHand(context, { updated: [{ id, record, changes }] }, { by })
}
