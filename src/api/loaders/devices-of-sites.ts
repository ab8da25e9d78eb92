import type { DeviceColumn, DevicePart, DeviceRow } from '../../store/device-store.ts'
import type { DeviceFilter } from '../../store/query/filters.ts'
import type { Store } from '../../store/store.ts'
import { children, type Loader, LoaderSet, type RowLoader } from './loader.ts'

type Devices = readonly DeviceRow[]
type ByFilter = LoaderSet<DeviceFilter | null | undefined, Devices>

/** The devices of sites, by the filter and by the columns that they are asked for with. */
export class DevicesOfSites {
  readonly #store: Store
  readonly #whole: ByFilter
  /** By the columns, written out. */
  readonly #parts = new Map<string, ByFilter>()

  /** @param device is told of the devices that were read whole */
  constructor(store: Store, device: RowLoader<DeviceRow>) {
    this.#store = store
    this.#whole = new LoaderSet((filter) =>
      ofSites(async (ids) => device.learnRows(await store.devices.ofSites(ids, filter ?? undefined))),
    )
  }

  /** @param columns those that are needed beside the id and the site; null: all */
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
  // Whoever asks for a part reads nothing else of it.
  return children(fetch as (ids: readonly number[]) => Promise<Devices>, ({ siteId }) => siteId)
}
