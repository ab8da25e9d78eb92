import { HierarchyText } from '../inventory/hierarchy.ts'
import type { DeviceListRow } from '../store/device-store.ts'
import type { DeviceListOptions } from '../store/query/device-export.ts'
import type { Store } from '../store/store.ts'

/** The devices that are exported, and a function that is called before each read. */
export type ExportSelection = DeviceListOptions

/** Yields the hierarchy as JSON; see `HierarchyText`. */
export async function* hierarchyTexts(store: Store, selection: ExportSelection): AsyncGenerator<string> {
  const hierarchy = new HierarchyText()
  for await (const rows of store.devices.list(selection)) yield hierarchy.add(rows)
  yield hierarchy.end()
}

/** Yields NDJSON, with one object per line. */
export async function* ndjsonTexts(
  batches: AsyncIterable<DeviceListRow[]>,
  toObject: (row: DeviceListRow) => object,
): AsyncGenerator<string> {
  for await (const rows of batches) yield rows.map((row) => `${JSON.stringify(toObject(row))}\n`).join('')
}

/**
 * Returns a device as exports of the list have it: the fields of its source's record, then its state. Times
 * are in RFC 3339.
 */
export function exportedDevice(row: DeviceListRow) {
  const { lifecycle, netconfSupported, lastOutcome, lastProbedAt, phase, message, ...record } = row
  return {
    ...record,
    lifecycle,
    netconfSupported,
    lastOutcome,
    lastProbedAt: lastProbedAt === null ? null : new Date(lastProbedAt).toISOString(),
    phase,
    message,
  }
}
