import type { Selectable, Transaction } from 'kysely'
import type { HostKeyPolicy } from '../config/schema.ts'
import type { KnownHostKey, ProbeReport } from '../netconf/probe-report.ts'
import type { Database } from './database.ts'
import { jsonList, jsonTable } from './json-values.ts'

type HostKey = Selectable<Database['host_keys']>

interface SeenKey extends KnownHostKey {
  deviceId: number
  verified: boolean
  /** Epoch milliseconds. */
  at: number
}

const COLUMNS = [
  'device_id',
  'algorithm',
  'fingerprint',
  'first_seen_at',
  'offered_algorithm',
  'offered_fingerprint',
  'offered_at',
] as const satisfies readonly (keyof HostKey)[]

/** Records the keys that devices have shown, and which of them are others than the ones they are known by. */
export async function recordHostKeys(
  transaction: Transaction<Database>,
  results: readonly { deviceId: number; report: ProbeReport }[],
  policy: HostKeyPolicy,
): Promise<void> {
  const seen = results.flatMap(seenKeys)
  if (seen.length === 0) return
  const rows = await transaction
    .selectFrom('host_keys')
    .select(COLUMNS)
    .where('device_id', 'in', jsonList(seen.map(({ deviceId }) => deviceId)))
    .execute()
  const known = new Map(rows.map((row) => [row.device_id, row]))
  const changed = new Set<number>()
  for (const key of seen) {
    const before = known.get(key.deviceId)
    const after = afterSeeing(key, before, policy)
    if (after === undefined || after === before) continue
    known.set(key.deviceId, after)
    changed.add(key.deviceId)
  }
  // Nearly every batch: all devices have shown the keys they are known by.
  if (changed.size === 0) return
  await write(
    transaction,
    [...changed].flatMap((deviceId) => known.get(deviceId) ?? []),
  )
}

/** A key counts once the device has shown that it holds it, or where it was refused for being another. */
function seenKeys({ deviceId, report }: { deviceId: number; report: ProbeReport }): SeenKey[] {
  const key = report.peer.hostKey
  if (key === null || !(key.verified || report.outcome === 'HOST_KEY_CHANGED')) return []
  return [{ ...key, deviceId, at: Math.round(report.startedAt) }]
}

/** What is known from now on; the very same object where the key says nothing new. */
function afterSeeing(seen: SeenKey, known: HostKey | undefined, policy: HostKeyPolicy): HostKey | undefined {
  const { deviceId, algorithm, fingerprint, at } = seen
  const trusted: HostKey = {
    device_id: deviceId,
    algorithm,
    fingerprint,
    first_seen_at: at,
    offered_algorithm: null,
    offered_fingerprint: null,
    offered_at: null,
  }
  if (!known) return seen.verified ? trusted : undefined
  if (fingerprint === known.fingerprint) {
    if (known.offered_fingerprint === null) return known
    return { ...known, offered_algorithm: null, offered_fingerprint: null, offered_at: null }
  }
  if (seen.verified && policy === 'off') return known
  // The file has vouched for it: that is what the device is known by now.
  if (seen.verified && policy === 'known-hosts') return trusted
  if (fingerprint === known.offered_fingerprint) return known
  return { ...known, offered_algorithm: algorithm, offered_fingerprint: fingerprint, offered_at: at }
}

async function write(transaction: Transaction<Database>, rows: readonly HostKey[]): Promise<void> {
  await transaction
    .replaceInto('host_keys')
    .columns(COLUMNS)
    .expression((eb) => eb.selectFrom(jsonTable('given', COLUMNS, rows)).select(COLUMNS))
    .execute()
}
