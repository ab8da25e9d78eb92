import { statSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { InventoryService } from '../../../src/refresh/inventory/inventory-service.ts'
import { WriteRetry } from '../../../src/refresh/inventory/write-retry.ts'
import { createSource } from '../../../src/sources/create-source.ts'
import { openStore } from '../../../src/store/store.ts'
import type { SyncJob, SyncResult } from '../inventory.ts'
import { usageOf } from '../support/process-usage.ts'

// One sync of one file by a process of its own, so that its memory is that of this sync.

const RESOLUTION_MS = 10

const { database, inventory } = (await json(process.stdin)) as SyncJob
const store = await openStore({ database, log: silentLogger })
const file = createSource({ name: 'global', type: 'file', path: inventory, fields: {} }, { defaultPort: 830 })
let fetchMs = 0
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
const source: typeof file = {
  name: file.name,
  fetch: async (signal) => {
    const begun = performance.now()
    const fetched = await file.fetch(signal)
    fetchMs = performance.now() - begun
    loop.enable()
    return fetched
  },
}
const service = new InventoryService([source], {
  store,
  log: silentLogger,
  now: () => Date.now(),
  writeRetry: new WriteRetry({ clock: systemClock, log: silentLogger, onChange: () => undefined }),
  order: [source.name],
  ceilingOf: () => ({ decommission: 1, move: 1, atLeast: 0 }),
  defaultPort: 830,
  onSynced: () => undefined,
  onChanged: () => undefined,
  onAwaiting: () => undefined,
})
const begun = performance.now()
const [plan] = await service.sync({ dryRun: false, requestedBy: null }, new AbortController().signal)
const wallMs = performance.now() - begun
// A turn is measured once the next timer has had its own.
await sleep(2 * RESOLUTION_MS)
loop.disable()
const peakMemoryBytes = usageOf('self')?.peakMemoryBytes ?? process.resourceUsage().maxRSS * 1024
// What the sync wrote: nothing is moved into the database before the store closes, where it is short.
const logBytes = statSync(`${database}-wal`).size
await store.close()
const { state, created, updated, decommissioned, unchanged } = plan ?? { state: 'FAILED' }
const result: SyncResult = {
  wallMs,
  fetchMs,
  longestTurnMs: loop.max / 1e6,
  peakMemoryBytes,
  logBytes,
  plan: { state, created, updated, decommissioned, unchanged },
}
process.stdout.write(`${JSON.stringify(result)}\n`)
