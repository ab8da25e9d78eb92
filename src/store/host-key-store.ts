import type { Kysely } from 'kysely'
import { recordChanges } from './results/change-writer.ts'
import { trustedKey } from './results/host-key-writer.ts'
import type { Database } from './tables/database.ts'
import { jsonList } from './tables/json-values.ts'

/** The host key that a device is known by. Times are epoch milliseconds, fingerprints as OpenSSH prints them. */
export interface HostKeyRow {
  deviceId: number
  algorithm: string
  fingerprint: string
  firstSeenAt: number
  /** The key that the device showed instead when it was last asked; null where it showed the one it is known by. */
  offeredFingerprint: string | null
}

const HOST_KEY_COLUMNS = [
  'device_id as deviceId',
  'algorithm',
  'fingerprint',
  'first_seen_at as firstSeenAt',
  'offered_fingerprint as offeredFingerprint',
] as const

/** Host keys of devices; `ProbeStore.commitBatch` is what records them. */
export class HostKeyStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** In any order; a device of which no key is known has no row. */
  async ofDevices(deviceIds: readonly number[]): Promise<HostKeyRow[]> {
    return await this.#db
      .selectFrom('host_keys')
      .select(HOST_KEY_COLUMNS)
      .where('device_id', 'in', jsonList(deviceIds))
      .execute()
  }

  /**
   * Puts the offered key in the place of the known one, where it has exactly this fingerprint, and tells the change log.
   * Returns whether it has.
   *
   * @param by who asked
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
