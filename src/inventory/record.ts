import type { DeviceIdentity } from './identity.ts'

/** One device as a source gives it, checked and with defaults filled in. */
export interface InventoryRecord {
  /** What the source knows the device by, whatever it is named; null where the source has nothing of the kind. */
  key: string | null
  name: string
  /** IPv4, IPv6 or host name. */
  address: string
  port: number
  site: string
  country: string
  region: string | null
  platform: string | null
  /** Name of the credential to use; null: the first whose `match` fits. */
  credential: string | null
}

/** In the order in which changes tell of them. While a device stays the same the first three change only where it has a key. */
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
  /** The fields that we know as they were given, in JSON cut to 200 characters; empty if they cannot be told from others. */
  record: string
  reason: string
  /** The device that it speaks of, which stays as it is; null where that cannot be told, or someone else answers for it. */
  identity: DeviceIdentity | null
  /** The same by its key. */
  key: string | null
}

/** What one source gave. */
export interface Inventory {
  records: InventoryRecord[]
  rejected: RejectedRecord[]
  /** Places of records of which a value may stand in the wrong field, and why, in a sentence; see `withoutDoubtful`. */
  doubts?: ReadonlyMap<number, string>
  /**
   * Where records leave out what they do not mean to change: null, and the port that was filled in, then say nothing,
   * and what is known stays. Otherwise null means that there is none.
   */
  partial?: { defaultPort: number }
}

export const DEVICE_LIFECYCLES = ['ACTIVE', 'DECOMMISSIONED'] as const
export type DeviceLifecycle = (typeof DEVICE_LIFECYCLES)[number]

/** The source of devices that were onboarded by hand. */
export const MANUAL_SOURCE = 'manual'
