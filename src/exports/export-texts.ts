import { HierarchyText } from '../inventory/hierarchy-text.ts'
import type { DeviceListRow } from '../store/device-store.ts'
import type { DeviceListOptions } from '../store/query/device-list.ts'
import type { Store } from '../store/store.ts'

/** Which devices are exported, and what goes before each read of some of them. */
export type ExportSelection = DeviceListOptions

/** The hierarchy as JSON; see `HierarchyText`. */
export async function* hierarchyTexts(store: Store, selection: ExportSelection): AsyncGenerator<string> {
  const hierarchy = new HierarchyText()
  for await (const rows of store.devices.list(selection)) yield hierarchy.add(rows)
  yield hierarchy.end()
}

/** NDJSON: one object a line. */
export async function* ndjsonTexts(
  pieces: AsyncIterable<DeviceListRow[]>,
  toObject: (row: DeviceListRow) => object,
): AsyncGenerator<string> {
  for await (const rows of pieces) yield rows.map((row) => `${JSON.stringify(toObject(row))}\n`).join('')
}

/** A device as exports of the list have it: what a source says of it as in a record, then what is known; times in RFC 3339. */
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
