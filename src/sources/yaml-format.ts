import { parseYaml } from '../base/yaml.ts'
import type { FieldNames } from '../inventory/check-record.ts'
import { type RawInventory, rawInventoryOf } from './raw-inventory.ts'

/** One YAML document: a list of records or the hierarchy. */
export function readYaml(text: string, fields: FieldNames): RawInventory {
  const parsed = parseYaml(text, { scalars: 'text' })
  return 'problem' in parsed ? parsed : rawInventoryOf(parsed.value, fields)
}
