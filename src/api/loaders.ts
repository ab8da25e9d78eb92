import DataLoader from 'dataloader'
import { type Capability, parseCapability } from '../netconf/capabilities.ts'
import type { ChangeRow } from '../store/change-store.ts'
import type { DeviceRow, Summary } from '../store/device-store.ts'
import type { FactsRow } from '../store/facts-store.ts'
import type { DeviceFilter, SiteFilter } from '../store/filters.ts'
import type { HostKeyRow } from '../store/host-key-store.ts'
import type { CountryRow, SiteRow } from '../store/inventory-store.ts'
import type { Page, PageRequest } from '../store/page.ts'
import type { ProbeRow } from '../store/probe-store.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import type { Store } from '../store/store.ts'
import type { SyncPlanRow } from '../store/sync-plan-store.ts'

/** Children of one parent, with the filter that the query asks for. */
interface FilteredKey<F> {
  parentId: number
  filter: F | null | undefined
}

/** A page of what belongs to one parent. */
interface PageKey {
  parentId: number
  page: PageRequest
}

/** One loader for each edge of the graph: however many parents a query has, an edge costs one statement. */
export interface Loaders {
  country: DataLoader<number, CountryRow | null>
  site: DataLoader<number, SiteRow | null>
  device: DataLoader<number, DeviceRow | null>
  probe: DataLoader<number, ProbeRow | null>
  refresh: DataLoader<number, RefreshRow | null>
  syncPlan: DataLoader<number, SyncPlanRow | null>
  change: DataLoader<number, ChangeRow | null>
  /** By the device's id, as is `facts`. */
  hostKey: DataLoader<number, HostKeyRow | null>
  facts: DataLoader<number, FactsRow | null>
  /** The parsed capabilities of a capability set, sorted by URI. */
  capabilitySet: DataLoader<number, Capability[]>
  sitesOfCountry: DataLoader<FilteredKey<SiteFilter>, SiteRow[], string>
  devicesOfSite: DataLoader<FilteredKey<DeviceFilter>, DeviceRow[], string>
  changesOfDevice: DataLoader<PageKey, Page<ChangeRow>, string>
  changeCountOfDevice: DataLoader<number, number>
  countrySummary: DataLoader<number, Summary>
  siteSummary: DataLoader<number, Summary>
}

export function createLoaders(store: Store): Loaders {
  return {
    country: byId((ids) => store.inventory.countriesByIds(ids)),
    site: byId((ids) => store.inventory.sitesByIds(ids)),
    device: byId((ids) => store.devices.byIds(ids)),
    probe: byId((ids) => store.probes.byIds(ids)),
    refresh: byId((ids) => store.refreshes.byIds(ids)),
    syncPlan: byId((ids) => store.syncPlans.byIds(ids)),
    change: byId((ids) => store.changes.byIds(ids)),
    hostKey: byDeviceId((ids) => store.hostKeys.ofDevices(ids)),
    facts: byDeviceId((ids) => store.facts.ofDevices(ids)),
    capabilitySet: new DataLoader(async (ids) => {
      const sets = await store.capabilities.byIds(ids)
      const parsed = new Map(sets.map((set) => [set.id, set.uris.map(parseCapability)]))
      return ids.map((id) => parsed.get(id) ?? [])
    }),
    sitesOfCountry: children(
      (ids, filter) => store.inventory.sitesOfCountries(ids, filter),
      (site) => site.countryId,
    ),
    devicesOfSite: children(
      (ids, filter) => store.devices.ofSites(ids, filter),
      (device) => device.siteId,
    ),
    changesOfDevice: pages((ids, page) => store.changes.pagesOfDevices(ids, page)),
    changeCountOfDevice: new DataLoader(async (ids) => {
      const counts = await store.changes.countsOfDevices(ids)
      return ids.map((id) => counts.get(id) ?? 0)
    }),
    countrySummary: summaries(store, 'country'),
    siteSummary: summaries(store, 'site'),
  }
}

/** To be called once a mutation has changed something: the next one of the same request is to see it. */
export function forgetLoaded(loaders: Loaders): void {
  for (const loader of Object.values(loaders)) loader.clearAll()
}

function byId<R extends { id: number }>(fetch: (ids: readonly number[]) => Promise<R[]>) {
  return rowBy((row) => row.id, fetch)
}

/** For what a device has one of, or none. */
function byDeviceId<R extends { deviceId: number }>(fetch: (ids: readonly number[]) => Promise<R[]>) {
  return rowBy((row) => row.deviceId, fetch)
}

function rowBy<R>(
  keyOf: (row: R) => number,
  fetch: (keys: readonly number[]) => Promise<R[]>,
): DataLoader<number, R | null> {
  return new DataLoader(async (keys) => {
    const rows = new Map((await fetch(keys)).map((row) => [keyOf(row), row]))
    return keys.map((key) => rows.get(key) ?? null)
  })
}

/** Parents that are asked with equal filters share a statement; a query has as many filters as it has aliases. */
function children<F, R>(
  fetch: (parentIds: number[], filter: F | undefined) => Promise<R[]>,
  parentOf: (row: R) => number,
): DataLoader<FilteredKey<F>, R[], string> {
  return new DataLoader<FilteredKey<F>, R[], string>(
    async (keys) => {
      const groups = Map.groupBy(keys, (key) => JSON.stringify(key.filter ?? null))
      const found = new Map<string, Map<number, R[]>>()
      for (const [filterText, group] of groups) {
        const rows = await fetch(
          group.map((key) => key.parentId),
          group[0]?.filter ?? undefined,
        )
        found.set(filterText, Map.groupBy(rows, parentOf))
      }
      return keys.map((key) => found.get(JSON.stringify(key.filter ?? null))?.get(key.parentId) ?? [])
    },
    { cacheKeyFn: (key) => `${key.parentId} ${JSON.stringify(key.filter ?? null)}` },
  )
}

/** Parents that are asked for the same page share a statement. */
function pages<R>(
  fetch: (parentIds: number[], page: PageRequest) => Promise<Map<number, Page<R>>>,
): DataLoader<PageKey, Page<R>, string> {
  return new DataLoader<PageKey, Page<R>, string>(
    async (keys) => {
      const groups = Map.groupBy(keys, ({ page }) => JSON.stringify(page))
      const found = new Map<string, Map<number, Page<R>> | Error>()
      for (const [pageText, group] of groups) {
        const ids = group.map(({ parentId }) => parentId)
        // A cursor that makes no sense fails those who gave it.
        found.set(pageText, await fetch(ids, group[0]?.page ?? {}).catch((failure: Error) => failure))
      }
      return keys.map(({ parentId, page }) => {
        const ofPage = found.get(JSON.stringify(page))
        return ofPage instanceof Error ? ofPage : (ofPage?.get(parentId) ?? emptyPage(page))
      })
    },
    { cacheKeyFn: ({ parentId, page }) => `${parentId} ${JSON.stringify(page)}` },
  )
}

function emptyPage<R>({ after, before }: PageRequest): Page<R> {
  return { items: [], cursors: [], hasNextPage: Boolean(before), hasPreviousPage: Boolean(after) }
}

function summaries(store: Store, groupBy: 'country' | 'site'): DataLoader<number, Summary> {
  return new DataLoader(async (ids) => {
    const found = await store.devices.summaries(groupBy, ids)
    return ids.map(
      (id) => found.get(id) ?? { devices: 0, supported: 0, unprobed: 0, byOutcome: [], oldestProbeAt: null },
    )
  })
}
