import { extname } from 'node:path'
import { RollcallError } from '../base/errors.ts'
import { checkInventory } from '../inventory/check-inventory.ts'
import type { RecordRules } from '../inventory/check-record.ts'
import type { Inventory } from '../inventory/record.ts'
import { readCsv } from './csv-format.ts'
import { readJson, readNdjson } from './json-format.ts'
import type { ReadFormat } from './raw-inventory.ts'
import { readText } from './read-text.ts'
import type { InventorySource } from './source.ts'
import { readYaml } from './yaml-format.ts'

const READERS: Readonly<Record<string, ReadFormat>> = {
  '.json': readJson,
  '.ndjson': readNdjson,
  '.jsonl': readNdjson,
  '.csv': readCsv,
  '.yaml': readYaml,
  '.yml': readYaml,
}

/** An inventory in a file, whose extension tells its format; it is read anew at every fetch. */
export class FileSource implements InventorySource {
  readonly name: string
  readonly #path: string
  readonly #rules: RecordRules

  constructor({ name, path, ...rules }: { name: string; path: string } & RecordRules) {
    this.name = name
    this.#path = path
    this.#rules = rules
  }

  async fetch(signal: AbortSignal): Promise<Inventory> {
    const read = READERS[extname(this.#path).toLowerCase()]
    if (!read)
      throw this.#failure(`has none of the extensions ${Object.keys(READERS).join(', ')}; rename it.`)
    const text = await readText(this.#path, signal)
    if (text.trim() === '') throw this.#failure('is empty; an inventory without devices is [].')
    const raw = read(text, this.#rules.fields)
    if ('problem' in raw) throw this.#failure(raw.problem)
    return checkInventory(raw.records, { ...this.#rules, fields: raw.fields })
  }

  #failure(problem: string): RollcallError {
    return new RollcallError('SOURCE_FAILED', `${this.#path} ${problem}`)
  }
}
