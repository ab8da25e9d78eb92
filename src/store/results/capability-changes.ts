import type { Transaction } from 'kysely'
import { parseCapability } from '../../netconf/protocol/capabilities.ts'
import type { Database } from '../tables/database.ts'
import { jsonList, jsonTable } from '../tables/json-values.ts'
import type { ChangedField, ChangeEntry } from './change-store.ts'
import { type ProbedResult, probedAtOf, type StoredDevice } from './probed-devices.ts'

/** A limit on the capabilities that one entry names: an upgrade may change thousands. */
const MAX_NAMED = 100

/** URIs by the id of their set. */
type SetUris = ReadonlyMap<number, readonly string[]>

/** The new capability set of a device, and since when, in epoch milliseconds. */
interface NewSet {
  setId: number
  at: number
}

/**
 * Updates the capability sets of devices whose results have another set than before.
 *
 * @param stored the state of the devices before these results
 * @returns entries for the change log; the first set of a device is no change
 */
export async function recordCapabilitySets(
  transaction: Transaction<Database>,
  results: readonly ProbedResult[],
  stored: ReadonlyMap<number, StoredDevice>,
): Promise<ChangeEntry[]> {
  const knownSet = (deviceId: number) => stored.get(deviceId)?.capabilitySetId ?? null
  const differing = new Set(
    results.flatMap(({ deviceId, capabilitySetId }) =>
      capabilitySetId !== null && capabilitySetId !== knownSet(deviceId) ? [deviceId] : [],
    ),
  )
  // In nearly every batch, no device has changed.
  if (differing.size === 0) return []
  const uris = await urisOf(
    transaction,
    results,
    [...differing].flatMap((id) => knownSet(id) ?? []),
  )
  const sets = new Map<number, NewSet>()
  for (const { deviceId, capabilitySetId, report } of results) {
    if (capabilitySetId === null || !differing.has(deviceId)) continue
    const before = sets.get(deviceId)?.setId ?? knownSet(deviceId)
    if (capabilitySetId === before) continue
    const isPart = report.library === 'refused' || report.library === 'unanswered'
    if (isPart && before !== null && lacksOnlyModules(report.capabilities ?? [], uris.get(before) ?? []))
      continue
    sets.set(deviceId, { setId: capabilitySetId, at: probedAtOf(report) })
  }
  for (const [deviceId, { setId }] of sets) if (setId === knownSet(deviceId)) sets.delete(deviceId)
  await updateDevices(transaction, sets)
  return entriesOf(sets, stored, uris)
}

/** Returns the URIs of the sets; those in the results need not be read. */
async function urisOf(
  transaction: Transaction<Database>,
  results: readonly ProbedResult[],
  storedIds: readonly number[],
): Promise<SetUris> {
  const uris = new Map<number, readonly string[]>()
  for (const { capabilitySetId, report } of results) {
    if (capabilitySetId !== null && report.capabilities) uris.set(capabilitySetId, report.capabilities)
  }
  const others = [...new Set(storedIds.filter((id) => !uris.has(id)))]
  if (others.length === 0) return uris
  const rows = await transaction
    .selectFrom('capability_sets')
    .select(['id', 'uris'])
    .where('id', 'in', jsonList(others))
    .execute()
  for (const row of rows) uris.set(row.id, JSON.parse(row.uris))
  return uris
}

/**
 * Tells whether a hello without a YANG library may still mean the same capabilities as before: it has no new
 * one, and lacks only modules. A library lists only modules, so any other capability that the hello lacks is
 * lost.
 */
function lacksOnlyModules(hello: readonly string[], known: readonly string[]): boolean {
  const said = new Set(hello)
  const lacking = known.filter((uri) => !said.has(uri))
  return (
    known.length - lacking.length === said.size &&
    lacking.every((uri) => parseCapability(uri).module !== null)
  )
}

/**
 * Updates the sets of devices. It is a statement of its own, because changes are rare and SQLite writes the
 * index of each column that an update names, even if its value stays the same.
 */
async function updateDevices(
  transaction: Transaction<Database>,
  sets: ReadonlyMap<number, NewSet>,
): Promise<void> {
  if (sets.size === 0) return
  const rows = [...sets].map(([deviceId, { setId }]) => ({ deviceId, setId }))
  await transaction
    .updateTable('devices')
    .from(jsonTable('given', { deviceId: 'integer', setId: 'integer' }, rows))
    .set((eb) => ({ capability_set_id: eb.ref('given.setId') }))
    .whereRef('devices.id', '=', 'given.deviceId')
    .execute()
}

function entriesOf(
  sets: ReadonlyMap<number, NewSet>,
  stored: ReadonlyMap<number, StoredDevice>,
  uris: SetUris,
): ChangeEntry[] {
  // Devices of one kind are often upgraded together, so their fields are computed once.
  const known = new Map<string, ChangedField[]>()
  return [...sets].flatMap(([deviceId, { setId, at }]) => {
    const before = stored.get(deviceId)?.capabilitySetId ?? null
    if (before === null) return []
    const step = `${before} ${setId}`
    const fields = known.get(step) ?? changedFields(uris.get(before) ?? [], uris.get(setId) ?? [])
    known.set(step, fields)
    return [{ at, actor: 'refresh', action: 'CAPABILITIES_CHANGED' as const, deviceId, fields }]
  })
}

/**
 * Returns a field for each lost capability, then for each gained one. Beyond 100, the last field counts the
 * rest.
 */
function changedFields(before: readonly string[], after: readonly string[]): ChangedField[] {
  const lost = without(before, after)
  const gained = without(after, before)
  const namedLost = lost.slice(0, Math.max(MAX_NAMED / 2, MAX_NAMED - gained.length))
  const namedGained = gained.slice(0, MAX_NAMED - namedLost.length)
  const fields = [
    ...namedLost.map((uri) => ({ field: 'capability', before: uri, after: null })),
    ...namedGained.map((uri) => ({ field: 'capability', before: null, after: uri })),
  ]
  if (lost.length + gained.length === fields.length) return fields
  const more = {
    before: andMore(lost.length - namedLost.length),
    after: andMore(gained.length - namedGained.length),
  }
  return [...fields, { field: 'capabilities', ...more }]
}

function without(uris: readonly string[], others: readonly string[]): string[] {
  const among = new Set(others)
  return uris.filter((uri) => !among.has(uri))
}

function andMore(count: number): string | null {
  return count === 0 ? null : `${count} more`
}
