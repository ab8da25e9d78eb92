import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { InventoryService } from '../../../src/refresh/inventory/inventory-service.ts'
import { WriteRetry } from '../../../src/refresh/inventory/write-retry.ts'
import { createSource } from '../../../src/sources/create-source.ts'
import type { InventorySource } from '../../../src/sources/source.ts'
import type { SyncPlanRow } from '../../../src/store/inventory/sync-plan-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { newStore, temporaryFolder } from '../../store/support/fixture.ts'
import { writeSettled } from '../../support/settled-file.ts'

export const AT = 50_000

/** A record as a file has it. */
export function raw(name: string, fields: object = {}) {
  return { name, address: `${name}.example.net`, site: 'Paris', country: 'France', ...fields }
}

/** Devices `PREFIX1` to `PREFIXn`. */
export function many(prefix: string, count: number) {
  return Array.from({ length: count }, (_, index) => raw(`${prefix}${index + 1}`))
}

export interface FileOfRecords {
  source: InventorySource
  path: string
  /** Text is written as it is. */
  write(content: unknown): Promise<void>
}

/** A source that is a file, which does not exist before it is written. */
export async function newFile(name = 'global'): Promise<FileOfRecords> {
  const path = join(await temporaryFolder(), `${name}.json`)
  return {
    source: createSource({ name, type: 'file', path, fields: {} }, { defaultPort: 830 }),
    path,
    write: (content) => writeSettled(path, typeof content === 'string' ? content : JSON.stringify(content)),
  }
}

export interface Syncing {
  store: Store
  service: InventoryService
  /** Ids of the devices that were told to have changed. */
  changed: number[]
  /** Syncs the sources that the service has; all of them where none is named. */
  sync(source?: string): Promise<SyncPlanRow[]>
  signal: AbortSignal
  abort(reason: Error): void
}

/** A store, and what changes its inventory; ceilings are those of the configuration's defaults. */
export async function newSyncing(
  sources: readonly InventorySource[],
  {
    store = undefined,
    onPause = () => undefined,
  }: {
    store?: Store | undefined
    /** Called when the database cannot be written, and when it can again. */
    onPause?: (isPaused: boolean) => void
  } = {},
): Promise<Syncing> {
  const kept = store ?? (await newStore()).store
  const abort = new AbortController()
  const changed: number[] = []
  const service = new InventoryService(sources, {
    store: kept,
    log: silentLogger,
    now: () => AT,
    writeRetry: new WriteRetry({ clock: systemClock, log: silentLogger, onChange: onPause }),
    order: sources.map(({ name }) => name),
    ceilingOf: () => ({ decommission: 0.1, move: 0.1, atLeast: 20 }),
    defaultPort: 830,
    onSynced: () => undefined,
    onChanged: (deviceIds) => changed.push(...deviceIds),
    onAwaiting: () => undefined,
  })
  return {
    store: kept,
    service,
    changed,
    sync: (source) => service.sync({ source, dryRun: false, requestedBy: null }, abort.signal),
    signal: abort.signal,
    abort: (reason) => abort.abort(reason),
  }
}
