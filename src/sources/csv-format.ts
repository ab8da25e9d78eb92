import { CsvError, parse } from 'csv-parse/sync'
import type { FieldNames } from '../inventory/check-record.ts'
import type { RawInventory } from './raw-inventory.ts'

const REQUIRED_FIELDS = ['name', 'address', 'site', 'country']

/** RFC 4180: a header row, then a record a row. Rows that hold nothing are skipped. */
export function readCsv(text: string, fields: FieldNames): RawInventory {
  const parsed = parseRows(text)
  if ('problem' in parsed) return parsed
  const [header = [], ...rows] = parsed.rows
  const problem = headerProblem(header, fields)
  if (problem !== null) return { problem }
  return {
    records: rows.map((row) => Object.fromEntries(header.map((column, index) => [column, row[index]]))),
    fields,
  }
}

function parseRows(text: string): { rows: string[][] } | { problem: string } {
  try {
    return { rows: parse(text, { trim: true, skip_empty_lines: true, skip_records_with_empty_values: true }) }
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
    return { problem: `is not valid CSV at line ${thrown.lines}: ${describe(thrown)}.` }
  }
}

function describe({ code, message }: CsvError): string {
  switch (code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return 'the row has more or fewer cells than the header; a cell with a comma in it needs double quotes'
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'the text ends within a cell whose double quotes were never closed'
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a double quote stands within a cell; write it twice and the whole cell in double quotes'
    default:
      return message
  }
}

/** Without a column every record would be rejected for the same reason; better to say it once. */
function headerProblem(header: readonly string[], fields: FieldNames): string | null {
  const repeated = header.find((column, index) => header.indexOf(column) !== index)
  if (repeated !== undefined) return `has two columns "${repeated}"; rename or remove one of them.`
  const columns = { ...Object.fromEntries(REQUIRED_FIELDS.map((field) => [field, field])), ...fields }
  for (const [field, column] of Object.entries(columns)) {
    if (column === undefined || header.includes(column)) continue
    const known = header.map((name) => `"${name}"`).join(', ')
    return `has no column "${column}" for the ${field}, only ${known}; add it, or name the right one in the source's "fields".`
  }
  return null
}
