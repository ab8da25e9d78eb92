import type { Inventory } from '../../inventory/record.ts'
import { readCsv } from './csv-format.ts'
import { readYaml } from './document.ts'
import { readJson, readNdjson } from './json-format.ts'
import type { FormatOptions } from './texts.ts'

/**
 * The formats. NDJSON and CSV are read line by line; a JSON or YAML document is held in memory as a whole.
 */
export type InventoryFormat = 'json' | 'ndjson' | 'csv' | 'yaml'

/**
 * Reads a text in one format. Rejects with a RollcallError (SOURCE_FAILED) if it is not a readable inventory.
 */
type ReadFormat = (texts: AsyncIterable<string>, options: FormatOptions) => Promise<Inventory>

export const FORMATS: Readonly<Record<InventoryFormat, ReadFormat>> = {
  json: readJson,
  ndjson: readNdjson,
  csv: readCsv,
  yaml: readYaml,
}

/** The format for each extension of a file or URL. */
export const EXTENSIONS: Readonly<Record<string, InventoryFormat>> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.yaml': 'yaml',
  '.yml': 'yaml',
}
