import { RollcallError } from '../../base/errors.ts'
import { checkRecord } from '../../inventory/check-record.ts'
import { changesBetween, type InventoryDiff, type KnownDevice } from '../../inventory/diff.ts'
import { endpointOf, identityKey } from '../../inventory/identity.ts'
import { type InventoryRecord, MANUAL_SOURCE } from '../../inventory/record.ts'
import type { ApplyOptions } from '../../store/inventory/inventory-apply.ts'
import type { DeviceFilter } from '../../store/query/filters.ts'
import type { Store } from '../../store/store.ts'

/** A device as a person describes it. A null or missing field means the same as in a source's record. */
export interface DeviceInput {
  name: string
  address: string
  port?: number | null | undefined
  platform?: string | null | undefined
  site: string
  country: string
  /** The region of the country. Any other is refused. */
  region?: string | null | undefined
  credential?: string | null | undefined
}

/** The devices that are listed; if no list is given, those that match. */
export interface DeviceSelection {
  ids: number[] | null
  filter: DeviceFilter
}

/** Who decommissions devices, and a sentence for the change log. */
export interface Decommissioning {
  reason: string | null
  by: string
}

/** The parts that changes by hand need. */
export interface ManualContext {
  store: Store
  now: () => number
  /** The port of devices that name none. */
  defaultPort: number
  /** Called with the ids of the devices whose records have been changed. */
  onChanged: (deviceIds: readonly number[]) => void
}

/** A missing field keeps its value; null removes the value of an optional one. */
export type DevicePatch = { [Field in keyof DeviceInput]?: DeviceInput[Field] | null | undefined }

/**
 * Adds a device by hand. A decommissioned device of that name and site is restored under its id. From then
 * on, no source decommissions it. Resolves with its id.
 *
 * @throws RollcallError BAD_USER_INPUT if the input is invalid, or another active device has the same name,
 * or the same address and port
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

/**
 * Changes a device that was onboarded by hand. A renamed or moved device keeps its id and history.
 *
 * @throws RollcallError NOT_FOUND; CONFLICT if the device is from a source or is decommissioned;
 * BAD_USER_INPUT if the input is invalid, or another active device has the same name, or the same address and
 * port
 */
export async function updateDevice(
  context: ManualContext,
  id: number,
  patch: DevicePatch,
  by: string,
): Promise<void> {
  const device = await expectDevice(context, id)
  if (device.lifecycle === 'DECOMMISSIONED')
    throw new RollcallError('CONFLICT', `${device.name} is decommissioned; onboard it to restore it.`)
  if (device.source !== MANUAL_SOURCE) {
    throw new RollcallError(
      'CONFLICT',
      `${device.name} is from the source ${device.source}, whose next sync would undo this; change it there.`,
    )
  }
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
  const { name, address, port, platform, site, country, region, credential } = device
  // The region belongs to the country, so a new country does not keep it.
  const kept = patch.country === undefined ? { region } : {}
  const current = { name, address, port, platform, site, country, credential, ...kept }
  const { record } = await checkInput(context, { ...current, ...given }, id)
  const changes = changesBetween(device, record, MANUAL_SOURCE)
  if (changes.length === 0) return
  await applyByHand(context, { updated: [{ id, record, changes }] }, { by })
}

/**
 * Decommissions a device by hand; one that is decommissioned already stays as it is. A device from a source
 * stays decommissioned, even if the source lists it, until it is onboarded by hand. A device that was
 * onboarded by hand returns if a source lists it.
 *
 * @param reason for the change log
 * @throws RollcallError NOT_FOUND
 */
export async function decommissionDevice(
  context: ManualContext,
  id: number,
  { reason, by }: Decommissioning,
): Promise<void> {
  await expectDevice(context, id)
  await decommissionDevices(context, [id], { reason, by })
}

/** A device that a bulk change has skipped, with the reason. */
export interface LeftDevice {
  deviceId: number
  reason: string
}

export interface BulkResult {
  /** How many devices were changed. */
  done: number
  left: LeftDevice[]
}

/**
 * Decommissions several devices by hand, as `decommissionDevice` does with one. Those that are decommissioned
 * already are left.
 *
 * @throws RollcallError NOT_FOUND if a device does not exist; then nothing is done
 */
export async function decommissionDevices(
  context: ManualContext,
  ids: readonly number[],
  { reason, by }: Decommissioning,
): Promise<BulkResult> {
  const devices = await context.store.inventory.knownByIds(ids)
  if (devices.length < ids.length) {
    const missing = ids.length - devices.length
    throw new RollcallError('NOT_FOUND', `${missing} of the ids name no device; nothing was done.`)
  }
  const active = devices.filter(({ lifecycle }) => lifecycle === 'ACTIVE')
  const note = reason === null ? [] : [{ field: 'reason', before: null, after: reason }]
  // A source may restore what was onboarded by hand, and nothing else.
  const kinds = [
    { of: active.filter(({ source }) => source === MANUAL_SOURCE), by: null },
    { of: active.filter(({ source }) => source !== MANUAL_SOURCE), by },
  ]
  for (const kind of kinds) {
    if (kind.of.length === 0) continue
    const decommissioned = kind.of.map((record) => ({ id: record.id, record }))
    await applyByHand(context, { decommissioned }, { by, decommission: { by: kind.by, note } })
  }
  const left = devices
    .filter(({ lifecycle }) => lifecycle !== 'ACTIVE')
    .map(({ id }) => ({ deviceId: id, reason: 'It is decommissioned already.' }))
  return { done: active.length, left }
}

/** The record of an input, and the known device with its identity, if there is one. */
interface CheckedInput {
  record: InventoryRecord
  namesake: KnownDevice | null
}

/**
 * Checks a device that a person describes by the rules for the records of a source.
 *
 * @param id the device that is changed; null for a new one
 * @throws RollcallError BAD_USER_INPUT if the input is invalid, or another active device has the same name,
 * or the same address and port
 */
async function checkInput(
  { store, defaultPort }: ManualContext,
  input: DeviceInput,
  id: number | null,
): Promise<CheckedInput> {
  const seen = { keys: new Map(), identities: new Map(), endpoints: new Map() }
  // The fields have their standard names, and only sources have keys.
  const checked = checkRecord({ ...input, key: null }, 1, { fields: {}, defaultPort }, seen)
  if ('rejected' in checked) throw refused(checked.rejected.reason)
  const { record } = checked
  const related = await store.inventory.related({ identity: record, endpoint: record })
  for (const device of related) {
    if (device.id === id || device.lifecycle !== 'ACTIVE') continue
    throw refused(
      identityKey(device) === identityKey(record)
        ? `${device.name} is a device at site ${device.site} of ${device.country} already, from source ` +
            `${device.source}.`
        : `${device.name} at site ${device.site} of ${device.country} has the same address and port: ` +
            `${endpointOf(record)}.`,
    )
  }
  const namesake = related.find((device) => identityKey(device) === identityKey(record)) ?? null
  return { record: { ...record, region: await regionOf(store, record, id) }, namesake }
}

/**
 * Returns the region for a record. A country has one region: two sources that disagree on it would change it
 * back and forth at every sync.
 */
async function regionOf(
  { inventory, devices }: Store,
  { country: name, region }: InventoryRecord,
  id: number | null,
): Promise<string | null> {
  const country = await inventory.countryByName(name)
  if (country === null || country.region === region) return region
  const inCountry = { site: { country: { name: { eq: name } } } }
  const self = id === null ? null : await inventory.knownById(id)
  const others = (await devices.count(inCountry)) - (self?.country === name ? 1 : 0)
  if (others === 0) return region
  if (region === null) return country.region
  if (country.region === null) return region
  throw refused(`The region of ${name} is ${country.region}; leave "region" out or give that one.`)
}

/**
 * Applies a change by hand, unless its name was taken in the meantime. Resolves with the ids of the changed
 * devices.
 */
async function applyByHand(
  { store, now, onChanged }: ManualContext,
  change: Partial<InventoryDiff>,
  { by, decommission = null }: { by: string; decommission?: ApplyOptions['decommission'] },
): Promise<number[]> {
  const nothing = { created: [], updated: [], restored: [], decommissioned: [], unchanged: [] }
  const options = { source: MANUAL_SOURCE, at: now(), actor: by, decommission }
  const { conflicts, changedDeviceIds } = await store.inventory.apply({ ...nothing, ...change }, options)
  for (const { reason } of conflicts) throw refused(reason)
  onChanged(changedDeviceIds)
  return changedDeviceIds
}

/** @throws RollcallError NOT_FOUND */
async function expectDevice({ store }: ManualContext, id: number): Promise<KnownDevice> {
  const device = await store.inventory.knownById(id)
  if (!device) throw new RollcallError('NOT_FOUND', 'There is no device with this id.')
  return device
}

function refused(reason: string): RollcallError {
  return new RollcallError('BAD_USER_INPUT', reason)
}
