import type { DeviceIdentity } from './identity.ts'

/** A device as its source describes it, checked and with defaults filled in. */
export interface InventoryRecord {
  /**
   * A value that identifies the device in its source although its name may change; null if the source has
   * none.
   */
  key: string | null
  name: string
  /** IPv4, IPv6 or host name. */
  address: string
  port: number
  site: string
  country: string
  region: string | null
  platform: string | null
  /** The name of the credential to use. Null means the first one whose `match` fits. */
  credential: string | null
}

/**
 * The fields in the order in which changes list them. The first three can change only for a device with a
 * key.
 */
export const RECORD_FIELDS = [
  'name',
  'site',
  'country',
  'address',
  'port',
  'region',
  'platform',
  'credential',
  'key',
] as const satisfies readonly (keyof InventoryRecord)[]

/** A record that cannot be used, and why. */
export interface RejectedRecord {
  /** 1-based place in the source. */
  position: number
  /**
   * The known fields as they were given, in JSON, cut to 200 characters; empty if it is unclear which they
   * are.
   */
  record: string
  reason: string
  /**
   * The device that the record describes, which stays as it is; null if unknown, or if the device belongs to
   * others.
   */
  identity: DeviceIdentity | null
  /** The key of that device; null as above. */
  key: string | null
}

/** A name in the records of a source that would be that of a field if its case were another. */
export interface UnreadField {
  /** As the source writes it: `Port`. */
  given: string
  field: keyof InventoryRecord
  /** The source's name for the field, which is read: `port`, or what `fields` says. */
  read: string
}

/** The records of one source. */
export interface Inventory {
  records: InventoryRecord[]
  rejected: RejectedRecord[]
  /**
   * Why a value may stand in the wrong field, in a sentence, by the place of the record; see
   * `withoutDoubtful`.
   */
  doubts?: ReadonlyMap<number, string>
  /** Names in the records that are not read because of their case; not set if there are none. */
  unread?: readonly UnreadField[]
  /**
   * Set if records leave out the fields that they do not change. Null, and the default port, then mean that
   * the known value stays. Otherwise null means that the device has no such value.
   */
  partial?: { defaultPort: number }
}

export const DEVICE_LIFECYCLES = ['ACTIVE', 'DECOMMISSIONED'] as const
export type DeviceLifecycle = (typeof DEVICE_LIFECYCLES)[number]

/** The name of the source of devices that were onboarded by hand. */
export const MANUAL_SOURCE = 'manual'

/**
 * Returns the records in the order of the source, each with its 1-based place there. Rejected ones are left
 * out.
 */
export function* numberedRecords({ records, rejected }: Inventory): Generator<[number, InventoryRecord]> {
  const unusable = new Set(rejected.map(({ position }) => position))
  let position = 0
  for (const record of records) {
    do position += 1
    while (unusable.has(position))
    yield [position, record]
  }
}
