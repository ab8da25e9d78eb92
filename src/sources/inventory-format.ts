import type { Inventory } from '../inventory/record.ts'
import { readCsv } from './csv-format.ts'
import { readJson, readNdjson } from './json-format.ts'
import type { ReadOptions } from './read-options.ts'
import { decodeUtf8 } from './texts.ts'
import { readYaml } from './yaml-format.ts'

/** NDJSON and CSV are read a line at a time, whatever their size; a JSON or YAML document is held as a whole. */
export type InventoryFormat = 'json' | 'ndjson' | 'csv' | 'yaml'

/** Reads the text of one format; rejects with a RollcallError (SOURCE_FAILED) where it cannot be read as an inventory. */
type ReadFormat = (texts: AsyncIterable<string>, options: ReadOptions) => Promise<Inventory>

const READERS: Readonly<Record<InventoryFormat, ReadFormat>> = {
  json: readJson,
  ndjson: readNdjson,
  csv: readCsv,
  yaml: readYaml,
}

/** The formats by the extension of a file or URL. */
export const EXTENSIONS: Readonly<Record<string, InventoryFormat>> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.yaml': 'yaml',
  '.yml': 'yaml',
}

/** The inventory in UTF-8 bytes that arrive piece by piece. */
export function readInventory(
  format: InventoryFormat,
  bytes: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): Promise<Inventory> {
  return READERS[format](decodeUtf8(bytes, options.subject), options)
}
