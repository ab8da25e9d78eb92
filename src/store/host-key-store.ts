import type { Kysely } from 'kysely'
import { recordChanges } from './results/change-writer.ts'
import { trustedKey } from './results/host-key-writer.ts'
import type { Database } from './tables/database.ts'
import { jsonList } from './tables/json-values.ts'

/**
 * The trusted host key of a device. Times are epoch milliseconds; fingerprints are as OpenSSH prints them.
 */
export interface HostKeyRow {
  deviceId: number
  algorithm: string
  fingerprint: string
  firstSeenAt: number
  /** The fingerprint of another key that the device last showed; null if it showed the trusted one. */
  offeredFingerprint: string | null
}

const HOST_KEY_COLUMNS = [
  'device_id as deviceId',
  'algorithm',
  'fingerprint',
  'first_seen_at as firstSeenAt',
  'offered_fingerprint as offeredFingerprint',
] as const

/** Host keys of devices; `ProbeStore.commitBatch` records them. */
export class HostKeyStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Returns rows in any order; a device without a known key has none. */
  async ofDevices(deviceIds: readonly number[]): Promise<HostKeyRow[]> {
    return await this.#db
      .selectFrom('host_keys')
      .select(HOST_KEY_COLUMNS)
      .where('device_id', 'in', jsonList(deviceIds))
      .execute()
  }

  /**
   * Trusts the offered key of a device if it has this fingerprint, and logs the change. Returns whether it
   * did.
   *
   * @param by the actor in the change log
   * @param at epoch milliseconds
   */
  async trust(
    deviceId: number,
    fingerprint: string,
    { by, at }: { by: string; at: number },
  ): Promise<boolean> {
    return await this.#db.transaction().execute(async (transaction) => {
      const key = await transaction
        .selectFrom('host_keys')
        .select(HOST_KEY_COLUMNS)
        .where('device_id', '=', deviceId)
        .where('offered_fingerprint', '=', fingerprint)
        .executeTakeFirst()
      if (!key) return false
      await transaction
        .updateTable('host_keys')
        .set((eb) => ({
          algorithm: eb.fn.coalesce('offered_algorithm', 'algorithm'),
          fingerprint,
          first_seen_at: eb.fn.coalesce('offered_at', 'first_seen_at'),
          offered_algorithm: null,
          offered_fingerprint: null,
          offered_at: null,
        }))
        .where('device_id', '=', deviceId)
        .execute()
      const change = { at, actor: by, deviceId, before: key.fingerprint, after: fingerprint }
      await recordChanges(transaction, [trustedKey(change)])
      return true
    })
  }
}
