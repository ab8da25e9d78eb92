import type { Kysely, Transaction } from 'kysely'
import type { HostKeyPolicy } from '../../config/schema.ts'
import type { KnownHostKey, ProbeReport } from '../../netconf/report/probe-report.ts'
import type { Database } from '../tables/database.ts'
import { columnsOf, jsonList, jsonTable } from '../tables/json-values.ts'
import { ALWAYS } from '../tables/per-dialect.ts'
import { type ChangeEntry, recordChanges } from './change-store.ts'
import type { StoredDevice, StoredHostKey } from './probed-devices.ts'

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

interface SeenKey extends KnownHostKey {
  deviceId: number
  verified: boolean
  /** Epoch milliseconds. */
  at: number
}

/**
 * Records the host keys that devices have shown, and those that differ from the trusted ones.
 *
 * @param stored the state of the devices before these results
 * @returns entries for the change log: trusted keys that a known-hosts file has replaced
 */
export async function recordHostKeys(
  transaction: Transaction<Database>,
  results: readonly { deviceId: number; report: ProbeReport }[],
  stored: ReadonlyMap<number, StoredDevice>,
  policy: HostKeyPolicy,
): Promise<ChangeEntry[]> {
  const changed = new Map<number, StoredHostKey>()
  for (const key of results.flatMap(seenKeys)) {
    const before = changed.get(key.deviceId) ?? stored.get(key.deviceId)?.hostKey ?? null
    const after = afterSeeing(key, before, policy)
    if (after !== null && after !== before) changed.set(key.deviceId, after)
  }
  // In nearly every batch, all devices have shown their trusted keys.
  if (changed.size === 0) return []
  await write(transaction, changed)
  return [...changed].flatMap(([deviceId, { fingerprint, firstSeenAt }]) => {
    const before = stored.get(deviceId)?.hostKey?.fingerprint ?? fingerprint
    if (before === fingerprint) return []
    const actor = 'known-hosts'
    return [trustedKey({ at: firstSeenAt, actor, deviceId, before, after: fingerprint })]
  })
}

/** Returns the entry of the change log for a new trusted key. */
function trustedKey(change: {
  at: number
  actor: string
  deviceId: number
  /** Fingerprints. */
  before: string
  after: string
}): ChangeEntry {
  const { before, after, ...entry } = change
  return { ...entry, action: 'HOST_KEY_TRUSTED', fields: [{ field: 'hostKey', before, after }] }
}

/** Returns the key if the device proved that it holds it, or if the key was refused because it differs. */
function seenKeys({ deviceId, report }: { deviceId: number; report: ProbeReport }): SeenKey[] {
  const key = report.peer.hostKey
  if (key === null || !(key.verified || report.outcome === 'HOST_KEY_CHANGED')) return []
  return [{ ...key, deviceId, at: Math.round(report.startedAt) }]
}

/** Returns the stored key after this one was seen; the same object if nothing changes. */
function afterSeeing(
  seen: SeenKey,
  known: StoredHostKey | null,
  policy: HostKeyPolicy,
): StoredHostKey | null {
  const { algorithm, fingerprint, at } = seen
  const trusted: StoredHostKey = {
    algorithm,
    fingerprint,
    firstSeenAt: at,
    offeredAlgorithm: null,
    offeredFingerprint: null,
    offeredAt: null,
  }
  if (!known) return seen.verified ? trusted : null
  if (fingerprint === known.fingerprint) {
    if (known.offeredFingerprint === null) return known
    return { ...known, offeredAlgorithm: null, offeredFingerprint: null, offeredAt: null }
  }
  if (seen.verified && policy === 'off') return known
  // The file lists this key, so it is the trusted one.
  if (seen.verified && policy === 'known-hosts') return trusted
  if (fingerprint === known.offeredFingerprint) return known
  return { ...known, offeredAlgorithm: algorithm, offeredFingerprint: fingerprint, offeredAt: at }
}

async function write(
  transaction: Transaction<Database>,
  keys: ReadonlyMap<number, StoredHostKey>,
): Promise<void> {
  const kinds = {
    deviceId: 'integer',
    algorithm: 'text',
    fingerprint: 'text',
    firstSeenAt: 'integer',
    offeredAlgorithm: 'text',
    offeredFingerprint: 'text',
    offeredAt: 'integer',
  } as const
  const rows = [...keys].map(([deviceId, key]) => ({ deviceId, ...key }))
  await transaction
    .insertInto('host_keys')
    .columns([
      'device_id',
      'algorithm',
      'fingerprint',
      'first_seen_at',
      'offered_algorithm',
      'offered_fingerprint',
      'offered_at',
    ])
    .expression((eb) =>
      eb
        .selectFrom(jsonTable('given', kinds, rows))
        .select(columnsOf(kinds))
        .where(ALWAYS),
    )
    .onConflict((conflict) =>
      conflict.column('device_id').doUpdateSet((eb) => ({
        algorithm: eb.ref('excluded.algorithm'),
        fingerprint: eb.ref('excluded.fingerprint'),
        first_seen_at: eb.ref('excluded.first_seen_at'),
        offered_algorithm: eb.ref('excluded.offered_algorithm'),
        offered_fingerprint: eb.ref('excluded.offered_fingerprint'),
        offered_at: eb.ref('excluded.offered_at'),
      })),
    )
    .execute()
}
