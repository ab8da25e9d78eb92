import type { FieldNames } from '../inventory/check-record.ts'
import { describeJsonError } from './json-error.ts'
import { type RawInventory, rawInventoryOf } from './raw-inventory.ts'

/** One JSON document: a list of records or the hierarchy. */
export function readJson(text: string, fields: FieldNames): RawInventory {
  const parsed = parse(text, 1)
  return 'problem' in parsed ? parsed : rawInventoryOf(parsed.value, fields)
}

/** One JSON record on each line that is not blank. */
export function readNdjson(text: string, fields: FieldNames): RawInventory {
  const records: unknown[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = parse(line, index + 1)
    if ('problem' in parsed) return parsed
    records.push(parsed.value)
  }
  return { records, fields }
}

function parse(text: string, firstLine: number): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    const { line, column, description } = describeJsonError(text)
    return { problem: `is not valid JSON at line ${line + firstLine - 1}, column ${column}: ${description}.` }
  }
}
