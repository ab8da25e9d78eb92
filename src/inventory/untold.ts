import { isIP } from 'node:net'
import type { KnownDevice } from './diff.ts'
import { type DeviceIdentity, identityKey } from './identity.ts'
import { plainText } from './plain-text.ts'
import type { Inventory, RejectedRecord } from './record.ts'

/**
 * Counts the unusable records that may stand for a device in `leaving`, the devices that the source seems to
 * list no more.
 *
 * A record does not count if it is clear which device it stands for: it has the key or the identity of a
 * known device, or a new key although each device in `leaving` has one. Nor does a record count that names a
 * new device, unless a device in `leaving` has the same name, because the site may be misspelt. Of a record
 * with a value that stands, or may stand, in the wrong field, neither a new key nor a new name is believed. /
 */
export function countUntold(
  rejected: readonly RejectedRecord[],
  known: readonly KnownDevice[],
  {
    source,
    leaving,
    doubts,
  }: { source: string; leaving: readonly KnownDevice[]; doubts?: Inventory['doubts'] | undefined },
): number {
  if (rejected.length === 0 || leaving.length === 0) return 0
  const identities = new Set(known.map(identityKey))
  const keys = new Set(known.flatMap((device) => (device.source === source ? [device.key] : [])))
  const names = new Set(leaving.map(({ name }) => plainText(name)))
  const keyless = leaving.filter(({ key }) => key === null)
  const namesOfKeyless = new Set(keyless.map(({ name }) => plainText(name)))
  const texts = new Set(leaving.flatMap(({ name, address }) => [plainText(name), address]))
  const isShifted = ({ country, site, name }: DeviceIdentity) =>
    texts.has(country) || texts.has(site) || isIP(name) !== 0
  const isTold = ({ position, identity, key }: RejectedRecord) => {
    if ((identity !== null && identities.has(identityKey(identity))) || (key !== null && keys.has(key)))
      return true
    if (doubts?.has(position) || (identity !== null && isShifted(identity))) return false
    if (key === null) return identity !== null && !names.has(identity.name)
    return keyless.length === 0 || (identity !== null && !namesOfKeyless.has(identity.name))
  }
  return rejected.filter((record) => !isTold(record)).length
}
