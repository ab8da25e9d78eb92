import type { DeviceColumn, DevicePart, DeviceRow } from '../../store/device-store.ts'
import type { DeviceFilter } from '../../store/query/filters.ts'
import type { Store } from '../../store/store.ts'
import { children, type Loader, LoaderSet, type RowLoader } from './loader.ts'

type Devices = readonly DeviceRow[]
type ByFilter = LoaderSet<DeviceFilter | null | undefined, Devices>

/** Loads the devices of sites. Sites with the same filter and columns share one loader. */
export class DevicesOfSites {
  readonly #store: Store
  readonly #whole: ByFilter
  /** The loaders by the joined names of the columns. */
  readonly #parts = new Map<string, ByFilter>()

  /** @param device learns the devices that were read with all columns */
  constructor(store: Store, device: RowLoader<DeviceRow>) {
    this.#store = store
    this.#whole = new LoaderSet((filter) =>
      ofSites(async (ids) => device.learnRows(await store.devices.ofSites(ids, filter ?? undefined))),
    )
  }

  /** @param columns the columns that are needed besides the id and the site; null for all */
  for(filter: DeviceFilter | null | undefined, columns: readonly DeviceColumn[] | null): Loader<Devices> {
    if (columns === null) return this.#whole.for(filter)
    const name = columns.join()
    let parts = this.#parts.get(name)
    if (!parts) {
      parts = new LoaderSet((asked) =>
        ofSites((ids) => this.#store.devices.partsOfSites(ids, columns, asked ?? undefined)),
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
