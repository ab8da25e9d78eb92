import type { ProbeReport } from '../../../src/netconf/report/probe-report.ts'
import { skippedReport } from '../../../src/refresh/pool/unprobed-reports.ts'
import type { ProbeResult } from '../../../src/store/probe-store.ts'
import type { RefreshRow, TargetRow } from '../../../src/store/refresh-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { advertisedBy } from '../support/written-inventory.ts'

/** Results of one transaction, as a refresh writes them. */
const BATCH = 200

/** A refresh of all devices that is ready to probe them. */
export interface PreparedRefresh {
  id: number
  total: number
  /** Until the targets are written. */
  targetsMs: number
  /** Until the engine has them, after that. */
  readMs: number
}

/** Prepares a refresh of all devices as the engine does. */
export async function prepareRefresh(store: Store): Promise<PreparedRefresh> {
  const startedAt = performance.now()
  const { id, total } = await newRefresh(store, [])
  const targetsMs = performance.now() - startedAt
  const pending = await store.refreshes.pendingTargets(id)
  if (pending.length !== total) throw new Error(`${pending.length} of ${total} targets are pending.`)
  return { id, total, targetsMs, readMs: performance.now() - startedAt - targetsMs }
}

/** What one refresh cost to record. */
export interface RecordedRefresh {
  results: number
  targetsMs: number
  /** All results, one transaction after the other. */
  resultsMs: number
  slowestBatchMs: number
}

/** Writes the targets and the results of a refresh of the devices of some sites, without probing. */
export async function recordRefresh(store: Store, siteIds: readonly number[]): Promise<RecordedRefresh> {
  const startedAt = performance.now()
  const { id } = await newRefresh(store, siteIds)
  const targetsMs = performance.now() - startedAt
  const targets = await store.refreshes.pendingTargets(id)
  const now = Date.now()
  const results = targets.map((target) => resultOf(target, { refreshId: id, now }))
  const recordedFrom = performance.now()
  let slowestBatchMs = 0
  for (let start = 0; start < results.length; start += BATCH) {
    const batchAt = performance.now()
    await store.probes.commitBatch(results.slice(start, start + BATCH))
    slowestBatchMs = Math.max(slowestBatchMs, performance.now() - batchAt)
  }
  const resultsMs = performance.now() - recordedFrom
  await store.refreshes.update(id, { state: 'COMPLETED', finishedAt: Date.now() })
  return { results: results.length, targetsMs, resultsMs, slowestBatchMs }
}

async function newRefresh(store: Store, siteIds: readonly number[]): Promise<RefreshRow> {
  const scope = { countryIds: [], siteIds: [...siteIds], deviceIds: [] }
  const request = { trigger: 'CLI', requestedBy: null, sync: false, force: false, at: Date.now() } as const
  const refresh = await store.refreshes.create({ ...request, scope })
  const total = await store.refreshes.addTargets(refresh.id, { scope, probedBefore: null })
  return { ...refresh, total }
}

/** The result of a probe that finds what the one before did. */
function resultOf(
  { deviceId, name, hostKey }: TargetRow,
  { refreshId, now }: { refreshId: number; now: number },
): ProbeResult {
  const capabilities = advertisedBy(name)
  const isSupported = capabilities !== null
  const key = hostKey && { algorithm: hostKey.algorithm, fingerprint: hostKey.fingerprint, verified: true }
  const report: ProbeReport = {
    ...skippedReport('', now),
    outcome: isSupported ? 'SUPPORTED' : 'TIMEOUT',
    phase: isSupported ? 'CLOSE' : 'HELLO',
    message: isSupported ? null : 'The device sent no hello within 10 s.',
    durationMs: isSupported ? 40 + (deviceId % 100) : 10_000,
    phases: PHASES,
    capabilities,
  }
  const peer = { ...report.peer, hostKey: key, algorithms: ALGORITHMS }
  const failures = isSupported ? 0 : 1
  return { refreshId, deviceId, attempt: 1, report: { ...report, peer }, failures, backOffUntil: null }
}

const PHASES = (['CONNECT', 'KEY_EXCHANGE', 'AUTHENTICATE', 'HELLO', 'CLOSE'] as const).map(
  (phase, index) => ({ phase, durationMs: 5 + index }),
)

const ALGORITHMS = {
  kex: 'curve25519-sha256',
  hostKey: 'ssh-ed25519',
  cipher: 'aes256-gcm@openssh.com',
  mac: null,
  legacy: false,
}
