import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { planInventory } from '../../../src/inventory/plan.ts'
import { agreeOnRegions, rankOf } from '../../../src/inventory/precedence.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import type { ProbeOutcome } from '../../../src/netconf/outcome/outcome.ts'
import { type ProbeReport, unknownPeer } from '../../../src/netconf/report/probe-report.ts'
import type { DeviceListRow } from '../../../src/store/device-store.ts'
import type { ProbeRow } from '../../../src/store/probe-store.ts'
import type { Page, PageRequest } from '../../../src/store/query/page.ts'
import type { RefreshRow, RefreshScope } from '../../../src/store/refresh-store.ts'
import { openStore, type Store, type StoreOptions } from '../../../src/store/store.ts'
import { atOnce } from '../../support/at-once.ts'
import { newDatabase } from './test-database.ts'

export const EVERYTHING: RefreshScope = { countryIds: [], siteIds: [], deviceIds: [] }

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-store-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/**
 * A store on a new database, by default in a new folder, closed and removed with the test; `statements` holds what it
 * ran since it was opened. `database` opens it again.
 */
export async function newStore(
  folder?: string,
  options: Pick<StoreOptions, 'recordsInThread'> = {},
): Promise<{ store: Store; database: string; statements: string[] }> {
  const { database, remove } = await newDatabase(folder)
  onTestFinished(remove)
  const statements: string[] = []
  const onStatement = (sql: string) => void statements.push(sql)
  const store = await openStore({ database, log: silentLogger, onStatement, ...options })
  onTestFinished(() => store.close())
  statements.length = 0
  return { store, database, statements }
}

/** `France/Paris/r1`, or with more: a record as a source would give it. */
export function record(place: string, fields: Partial<InventoryRecord> = {}): InventoryRecord {
  const [country = '', site = '', name = ''] = place.split('/')
  return {
    key: null,
    name,
    address: `${name}.example.net`,
    port: 830,
    site,
    country,
    region: null,
    platform: null,
    credential: null,
    ...fields,
  }
}

/** What the source says from now on, as a sync would apply it whatever it decommissions. */
export async function sync(
  store: Store,
  given: InventoryRecord[],
  { source = 'global', at = 1_000, order = [] }: { source?: string; at?: number; order?: string[] } = {},
) {
  const records = given.map((each) => ({ ...each }))
  agreeOnRegions(records)
  const inventory = { records, rejected: [] }
  const { diff } = atOnce(planInventory(await store.inventory.known(), inventory, rankOf(source, order)))
  const decommission = { by: null, note: [] }
  return await store.inventory.apply(diff, { source, at, actor: `source:${source}`, decommission })
}

/** Ids of devices by name. */
export async function idsByName(store: Store): Promise<Record<string, number>> {
  const { items } = await store.devices.page({
    filter: { or: [{}, { lifecycle: 'DECOMMISSIONED' }] },
    page: { first: 1_000 },
  })
  return Object.fromEntries(items.map(({ name, id }) => [name, id]))
}

/** The list that an export gives, batch by batch. */
export async function batches(store: Store, { supportedOnly = false } = {}): Promise<DeviceListRow[][]> {
  const found: DeviceListRow[][] = []
  for await (const batch of store.devices.list({ supportedOnly })) found.push(batch)
  return found
}

/** The same as a whole. */
export async function listed(store: Store, options?: { supportedOnly: boolean }): Promise<DeviceListRow[]> {
  return (await batches(store, options)).flat()
}

type ProbeSelection = { deviceId: number } | { refreshId: number; outcomes?: ProbeOutcome[] | null }

/** A page of the probes of one device, or of one refresh. */
export async function probePage(
  store: Store,
  { page, ...selection }: ProbeSelection & { page: PageRequest },
): Promise<Page<ProbeRow>> {
  const found =
    'deviceId' in selection
      ? await store.probes.pagesOfDevices([selection.deviceId], page)
      : await store.probes.pagesOfRefreshes([selection.refreshId], { ...selection, page })
  const none = {
    items: [],
    cursors: [],
    startCursor: null,
    endCursor: null,
    hasNextPage: false,
    hasPreviousPage: false,
  }
  return [...found.values()][0] ?? none
}

/** How many probes one device, or one refresh, has. */
export async function probeCount(store: Store, selection: ProbeSelection): Promise<number> {
  const counts =
    'deviceId' in selection
      ? await store.probes.countsOfDevices([selection.deviceId])
      : await store.probes.countsOfRefreshes([selection.refreshId], selection.outcomes)
  return [...counts.values()][0] ?? 0
}

export async function newRefresh(store: Store, scope: RefreshScope = EVERYTHING): Promise<RefreshRow> {
  return await store.refreshes.create({
    trigger: 'CLI',
    requestedBy: null,
    scope,
    sync: false,
    force: true,
    at: 5_000,
  })
}

/** What goes with the report of a first try. */
export const FIRST_TRY = { attempt: 1, failures: 0, backOffUntil: null }

export function report(fields: Partial<ProbeReport> = {}): ProbeReport {
  return {
    outcome: 'SUPPORTED',
    phase: 'CLOSE',
    message: null,
    startedAt: 10_000,
    durationMs: 25.4,
    phases: [],
    capabilities: fields.outcome === undefined || fields.outcome === 'SUPPORTED' ? ['urn:base:1.0'] : null,
    library: null,
    missing: [],
    sessionId: 1,
    peer: unknownPeer(),
    facts: null,
    notes: [],
    ...fields,
  }
}
