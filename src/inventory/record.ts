import type { DeviceIdentity } from './identity.ts'

/** One device as a source gives it, checked and with defaults filled in. */
export interface InventoryRecord {
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

/** A record that cannot be used, and why. */
export interface RejectedRecord {
  /** 1-based place in the source. */
  position: number
  /** The record as it was given, cut to 200 characters. */
  record: string
  reason: string
  /** The device that it speaks of; null where not even that can be told. */
  identity: DeviceIdentity | null
}

/** What one source gave. */
export interface Inventory {
  records: InventoryRecord[]
  rejected: RejectedRecord[]
}

export const DEVICE_LIFECYCLES = ['ACTIVE', 'DECOMMISSIONED'] as const
export type DeviceLifecycle = (typeof DEVICE_LIFECYCLES)[number]
