import type { ProbeOutcome } from '../../netconf/outcome/outcome.ts'
import type { Capability } from '../../netconf/protocol/capabilities.ts'

import type { DeviceColumn, DevicePart, DeviceRow, Summary } from '../../store/device-store.ts'
import type { PlannedChange, SyncPlanRow } from '../../store/inventory/sync-plan-store.ts'

import type { CountryRow, SiteRow } from '../../store/inventory-store.ts'
import type { ProbeColumn, ProbeRow } from '../../store/probe-store.ts'
import type { CapabilityFilter, DeviceFilter, SiteFilter, StringFilter } from '../../store/query/filters.ts'
import type { Page, PageRequest } from '../../store/query/page.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { ChangeAction, ChangeRow } from '../../store/results/change-store.ts'
import type { FactsRow } from '../../store/results/facts-store.ts'
import type { HostKeyRow } from '../../store/results/host-key-store.ts'
import type { Store } from '../../store/store.ts'

import type { ClientFilter } from '../limits/client-filter.ts'
import { children, found, Loader, LoaderSet, RowLoader, SingleLoader } from './loader.ts'

type Maybe<T> = T | null | undefined

/** A page of the probes of a refresh. */
interface ProbePageRequest {
  outcomes: Maybe<readonly ProbeOutcome[]>
  page: PageRequest
}

/** A page of the changes of a sync plan. */
interface PlannedChangePageRequest {
  action: Maybe<ChangeAction>
  page: PageRequest
}

/** One loader for each edge of the graph. An edge costs one statement, however many parents a query has. */
export interface Loaders {
  country: RowLoader<CountryRow>
  site: RowLoader<SiteRow>
  device: RowLoader<DeviceRow>
  /** The columns are those that are needed besides the id; null for all. */
  probe: LoaderSet<readonly ProbeColumn[] | null, ProbeRow | null>
  refresh: RowLoader<RefreshRow>
  syncPlan: RowLoader<SyncPlanRow>
  change: RowLoader<ChangeRow>
  lastCompletedRefresh: SingleLoader<RefreshRow | null>
  /** By the device's id, like `facts`. */
  hostKey: RowLoader<HostKeyRow>
  facts: RowLoader<FactsRow>
  /** All capabilities of a set by its id, sorted by URI. */
  capabilitySet: Loader<readonly Capability[]>
  /** The matching capabilities of a set. Thousands of devices share a few sets. */
  capabilitiesOfSet: LoaderSet<CapabilityFilter, readonly Capability[]>
  sitesOfCountry: LoaderSet<Maybe<SiteFilter>, readonly SiteRow[]>
  devicesOfSite: DevicesOfSites
  changesOfDevice: LoaderSet<PageRequest, Page<ChangeRow>>
  changeCountOfDevice: Loader<number>
  /** By the id of the list; see `SyncPlanRow.changeSetId`. So is `changeCountOfPlan`. */
  changesOfPlan: LoaderSet<PlannedChangePageRequest, Page<PlannedChange>>
  changeCountOfPlan: LoaderSet<Pick<PlannedChangePageRequest, 'action'>, number>
  probesOfDevice: LoaderSet<PageRequest, Page<ProbeRow>>
  probeCountOfDevice: Loader<number>
  probesOfRefresh: LoaderSet<ProbePageRequest, Page<ProbeRow>>
  probeCountOfRefresh: LoaderSet<ProbePageRequest['outcomes'], number>
  countrySummary: Loader<Summary>
  siteSummary: Loader<Summary>
}

export function createLoaders(store: Store, filterOf: FilterOf): Loaders {
  const site = byId((ids) => store.inventory.sitesByIds(ids))
  const device = byId((ids) => store.devices.byIds(ids))
  const capabilitySet = capabilitySets(store)
  return {
    country: byId((ids) => store.inventory.countriesByIds(ids)),
    site,
    device,
    probe: new LoaderSet((columns) =>
      byId((ids) => (columns ? partsOfProbes(store, ids, columns) : store.probes.byIds(ids))),
    ),
    refresh: byId((ids) => store.refreshes.byIds(ids)),
    syncPlan: byId((ids) => store.syncPlans.byIds(ids)),
    change: byId((ids) => store.changes.byIds(ids)),
    lastCompletedRefresh: new SingleLoader(() => store.refreshes.lastCompleted()),
    hostKey: byDeviceId((ids) => store.hostKeys.ofDevices(ids)),
    facts: byDeviceId((ids) => store.facts.ofDevices(ids)),
    capabilitySet,
    capabilitiesOfSet: new LoaderSet((filter) => matchingCapabilities(capabilitySet, filter)),
    sitesOfCountry: new LoaderSet((filter) =>
      children(
        async (ids) => site.learnRows(await store.inventory.sitesOfCountries(ids, filter ?? undefined)),
        ({ countryId }) => countryId,
      ),
    ),
    devicesOfSite: new DevicesOfSites(store, device, filterOf),
    changesOfDevice: new LoaderSet((page) => pages(page, (ids) => store.changes.pagesOfDevices(ids, page))),
    changeCountOfDevice: counts((ids) => store.changes.countsOfDevices(ids)),
    changesOfPlan: new LoaderSet(({ action, page }) =>
      pages(page, (ids) => store.syncPlans.pagesOfChanges(ids, { action, page })),
    ),
    changeCountOfPlan: new LoaderSet(({ action }) =>
      counts((ids) => store.syncPlans.countsOfChanges(ids, action)),
    ),
    probesOfDevice: new LoaderSet((page) => pages(page, (ids) => store.probes.pagesOfDevices(ids, page))),
    probeCountOfDevice: counts((ids) => store.probes.countsOfDevices(ids)),
    probesOfRefresh: new LoaderSet(({ outcomes, page }) =>
      pages(page, (ids) => store.probes.pagesOfRefreshes(ids, { outcomes, page })),
    ),
    probeCountOfRefresh: new LoaderSet((outcomes) =>
      counts((ids) => store.probes.countsOfRefreshes(ids, outcomes)),
    ),
    countrySummary: summaries(store, 'country'),
    siteSummary: summaries(store, 'site'),
  }
}

/** Forgets everything after a mutation, so that the next one of the same request sees the change. */
export function forgetLoaded(loaders: Loaders): void {
  for (const loader of Object.values(loaders)) loader.clearAll()
}

function byId<R extends { id: number }>(fetch: (ids: readonly number[]) => Promise<readonly R[]>) {
  return new RowLoader(({ id }: R) => id, fetch)
}

/** Loads rows of a table that has at most one for each device. */
function byDeviceId<R extends { deviceId: number }>(
  fetch: (ids: readonly number[]) => Promise<readonly R[]>,
) {
  return new RowLoader(({ deviceId }: R) => deviceId, fetch)
}

async function partsOfProbes(store: Store, ids: readonly number[], columns: readonly ProbeColumn[]) {
  // A caller that asks for some columns reads no others of the row.
  return (await store.probes.partsByIds(ids, columns)) as ProbeRow[]
}

function capabilitySets(store: Store): Loader<readonly Capability[]> {
  return found(
    async (ids) => new Map((await store.capabilities.byIds(ids)).map((set) => [set.id, set.capabilities])),
    () => [],
  )
}

function matchingCapabilities(sets: Loader<readonly Capability[]>, filter: CapabilityFilter) {
  return new Loader(async (ids) => {
    const capabilities = await Promise.all(ids.map((id) => sets.load(id)))
    return capabilities.map((set) => set.filter((each) => matchesCapability(each, filter)))
  })
}

/** Applies a filter to a loaded capability. It must match the same capabilities as the SQL of the store. */
function matchesCapability(capability: Capability, filter: CapabilityFilter): boolean {
  const { uri, module, minRevision } = filter
  if (uri && !matchesString(capability.uri, uri)) return false
  if (module && !matchesString(capability.module, module)) return false
  return minRevision == null || (capability.revision !== null && capability.revision >= minRevision)
}

function matchesString(value: string | null, filter: StringFilter): boolean {
  const { eq, contains, startsWith } = filter
  const conditions = [
    eq == null || value === eq,
    filter.in == null || (value !== null && filter.in.includes(value)),
    contains == null || value?.includes(contains),
    startsWith == null || value?.startsWith(startsWith),
  ]
  return conditions.every(Boolean)
}

function pages<R>(
  { after, before }: PageRequest,
  fetch: (parentIds: readonly number[]) => Promise<ReadonlyMap<number, Page<R>>>,
): Loader<Page<R>> {
  return found(fetch, () => ({
    items: [],
    cursors: [],
    startCursor: null,
    endCursor: null,
    hasNextPage: Boolean(before),
    hasPreviousPage: Boolean(after),
  }))
}

function counts(fetch: (ids: readonly number[]) => Promise<ReadonlyMap<number, number>>): Loader<number> {
  return found(fetch, () => 0)
}

function summaries(store: Store, groupBy: 'country' | 'site'): Loader<Summary> {
  return found(
    (ids) => store.devices.summaries(groupBy, ids),
    () => ({ devices: 0, supported: 0, unprobed: 0, byOutcome: [], oldestProbeAt: null }),
  )
}

type Devices = readonly DeviceRow[]
type FilterOf = (filter: Maybe<ClientFilter>) => DeviceFilter | undefined

type ByFilter = LoaderSet<Maybe<ClientFilter>, Devices>

/** Loads the devices of sites. Sites with the same filter and columns share one loader. */
class DevicesOfSites {
  readonly #store: Store
  readonly #filterOf: FilterOf
  readonly #whole: ByFilter
  /** The loaders by the joined names of the columns. */
  readonly #parts = new Map<string, ByFilter>()

  /** @param device learns the devices that were read with all columns */
  constructor(store: Store, device: RowLoader<DeviceRow>, filterOf: FilterOf) {
    this.#store = store
    this.#filterOf = filterOf
    this.#whole = new LoaderSet((filter) =>
      ofSites(async (ids) => device.learnRows(await store.devices.ofSites(ids, filterOf(filter)))),
    )
  }

  /** @param columns the columns that are needed besides the id and the site; null for all */
  for(filter: Maybe<ClientFilter>, columns: readonly DeviceColumn[] | null): Loader<Devices> {
    if (columns === null) return this.#whole.for(filter)
    const name = columns.join()
    let parts = this.#parts.get(name)
    if (!parts) {
      parts = new LoaderSet((asked) =>
        ofSites((ids) => this.#store.devices.partsOfSites(ids, columns, this.#filterOf(asked))),
      )
      this.#parts.set(name, parts)
    }
    return parts.for(filter)
  }

  clearAll(): void {
    this.#whole.clearAll()
    this.#parts.clear()
  }
}

function ofSites(fetch: (ids: readonly number[]) => Promise<readonly DevicePart[]>): Loader<Devices> {
  // A caller that asks for some columns reads no others of the row.
  return children(fetch as (ids: readonly number[]) => Promise<Devices>, ({ siteId }) => siteId)
}
