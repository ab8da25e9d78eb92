import { finished } from 'node:stream/promises'
import { CsvError, type Parser, parse } from 'csv-parse'
import { readAddress } from '../inventory/address.ts'
import type { FieldNames } from '../inventory/check-record.ts'
import { plainText } from '../inventory/plain-text.ts'
import { type Inventory, RECORD_FIELDS } from '../inventory/record.ts'
import { quotedFormulas, textOfFormula } from './csv-formulas.ts'
import type { FormatOptions } from './read-options.ts'
import { RecordIntake } from './record-intake.ts'
import { sourceFailure } from './source-failure.ts'
import { TRUNCATED } from './texts.ts'

const MAX_ROW_BYTES = 1024 * 1024
const MAX_COLUMNS = 1_000

const WRONG_LENGTH =
  'the row has more or fewer cells than the header; a cell with a comma in it needs double quotes'

/** Windows PowerShell writes a line with the type of the exported objects before the header. */
const POWERSHELL_TYPE = '#TYPE '

/** The line `sep=,` tells Excel the separator of the cells. */
const EXCEL_SEPARATOR = 'sep='

const RAGGED =
  'the row has more or fewer cells than the header, so that one may stand in the wrong column; give it a cell for each column'

const OPEN_QUOTE = 'a cell holds whole rows; close the double quote that opens it, or remove it'

const LINE_BREAK = /\r\n|\r|\n/

/**
 * Reads CSV (RFC 4180): a header row, then a record in each row. Empty rows are skipped. A row that does not
 * fit the header, or has a quote within a cell, is set aside, unless all do. If quotes make it unclear where
 * a row ends, the text fails.
 *
 * Spreadsheets write empty cells beyond the header, and leave out empty cells at the end of a row. Both are
 * accepted. In a short row, however, a cell may be missing in the middle, so such a row is doubtful. /
 */
export async function readCsv(
  texts: AsyncIterable<string>,
  { rules, subject }: FormatOptions,
): Promise<Inventory> {
  const rows = new CsvRows(subject, new RecordIntake(subject, rules), rules.fields)
  const parser = parse({
    trim: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    // The parser would lose the row after an empty row of the wrong length, so lengths are checked below
    // instead.
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error) => rows.skip(error),
    on_record: (row: string[], { lines }) => rows.take(row, lines),
  })
  /** Whether the last row so far has no line break at its end. */
  let isOpen = false
  parser.on('error', () => undefined)
  parser.resume()
  try {
    for await (const text of quotedFormulas(texts, MAX_ROW_BYTES)) {
      await write(parser, text)
      if (text !== '') isOpen = !/[\r\n]$/.test(text)
    }
    parser.end()
    await finished(parser)
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
    throw sourceFailure(subject, `is not valid CSV at line ${thrown.lines}: ${describe(thrown)}.`)
  }
  return rows.finish({ isOpen })
}

/** Receives the rows and errors of the parser in their order. */
class CsvRows {
  readonly #subject: string
  readonly #intake: RecordIntake
  readonly #fields: FieldNames
  #header: string[] | null = null
  /** The number of cells that a row must have: up to the last column that a device needs. */
  #minCells = 0
  /** The number of cells up to the last column with a name. */
  #namedCells = 0
  /** The number of cells up to the last column that is one of our fields. */
  #readCells = 0
  /** The number of cells in the first row after the header. */
  #firstLength: number | null = null
  #skippedLine: number | null = null
  #fitting = 0
  /**
   * Whether the last row is shorter than the header and has no cell beyond those read: its end may be
   * missing.
   */
  #endsShort = false
  #firstProblem: string | null = null

  constructor(subject: string, intake: RecordIntake, fields: FieldNames) {
    this.#subject = subject
    this.#intake = intake
    this.#fields = fields
  }

  /** Takes a row. Returns null, so that the parser passes nothing on. */
  take(row: string[], line: number): null {
    if (row.every((cell) => cell === '')) return null
    this.#endsShort = row.length <= this.#readCells && row.length < (this.#header?.length ?? 0)
    if (this.#header === null) {
      if (row[0]?.startsWith(POWERSHELL_TYPE) || row[0] === EXCEL_SEPARATOR) return null
      const problem = headerProblem(row, this.#fields)
      if (problem !== null) throw sourceFailure(this.#subject, problem)
      const needed = neededColumns(this.#fields)
      const used = usedColumns(this.#fields)
      this.#header = row
      this.#minCells = row.findLastIndex((column) => needed.has(column)) + 1
      this.#namedCells = row.findLastIndex((column) => column !== '') + 1
      this.#readCells = row.findLastIndex((column) => used.has(column)) + 1
    } else if (row.length < this.#minCells || row.slice(this.#header.length).some((cell) => cell !== '')) {
      this.#reject(line, WRONG_LENGTH)
    } else if (this.#holdsRows(row)) {
      this.#reject(line, OPEN_QUOTE)
    } else if (isSameRow(row, this.#header)) {
      // Several tables were joined, each with its header.
      return null
    } else {
      this.#add(this.#header, row, this.#isRagged(row) ? `Line ${line}: ${RAGGED}.` : null)
    }
    return null
  }

  /** Takes an error in a row, which is not given to `take`. Throws if further rows may be lost. */
  skip(error: CsvError | undefined): undefined {
    if (error?.code !== 'INVALID_OPENING_QUOTE' || this.#header === null) throw error
    const line = Number(error.lines)
    if (line === this.#skippedLine) return
    this.#skippedLine = line
    this.#endsShort = false
    this.#reject(line, describe(error))
  }

  finish({ isOpen }: { isOpen: boolean }): Inventory {
    if (isOpen && this.#endsShort && this.#fitting > 0) throw sourceFailure(this.#subject, TRUNCATED)
    if (this.#header === null) throw sourceFailure(this.#subject, 'is empty; the first row names the fields.')
    if (this.#firstProblem !== null && this.#fitting === 0) {
      throw sourceFailure(this.#subject, this.#firstProblem)
    }
    return this.#intake.finish()
  }

  #add(header: readonly string[], row: readonly string[], doubt: string | null): void {
    this.#fitting += 1
    const cells = header.map((column, index) => [column, textOfFormula(row[index] ?? '')])
    this.#intake.add(Object.fromEntries(cells), doubt)
  }

  /**
   * Tells whether a row may lack a cell or have one too many. Cells beyond the header are no sign of it if
   * all rows have them.
   */
  #isRagged({ length }: readonly string[]): boolean {
    this.#firstLength ??= length
    return length < this.#namedCells || (length > this.#namedCells && length !== this.#firstLength)
  }

  /**
   * Tells whether a row contains other rows, because a double quote in it was closed only in a later line:
   * one of its lines has all cells, with an address in the column of the address. /
   */
  #holdsRows(row: readonly string[]): boolean {
    if (!row.some((cell) => LINE_BREAK.test(cell))) return false
    const cellCount = this.#header?.length ?? 0
    const addressAt = this.#header?.indexOf(this.#fields.address ?? 'address') ?? -1
    const [, ...lines] = row.join(',').split(LINE_BREAK)
    return lines.some((line) => {
      const cells = line.split(',')
      const address = cells[addressAt]?.trim() ?? ''
      return cells.length >= cellCount && address !== '' && 'address' in readAddress(plainText(address))
    })
  }

  /**
   * Rejects a row without showing any of it, because it is unclear which cell is a name and which a password.
   */
  #reject(line: number, problem: string): void {
    this.#firstProblem ??= `is not valid CSV at line ${line}: ${problem}.`
    this.#intake.reject(`Line ${line} is not valid CSV: ${problem}.`)
  }
}

function isSameRow(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((cell, index) => cell === other[index])
}

function write(parser: Parser, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(text, (failure) => (failure ? reject(failure) : resolve()))
  })
}

/** Describes an error. The parser's own messages are not used, because they quote cells. */
function describe({ code }: CsvError): string {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'the text ends within a cell whose double quotes were never closed'
    case 'CSV_MAX_RECORD_SIZE':
      return 'the row is longer than 1 MiB; double quotes may be open that should not'
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return 'a double quote stands within a cell; write it twice and the whole cell in double quotes'
    default:
      return `the row cannot be read (${code})`
  }
}

const REQUIRED = { name: 'name', address: 'address', site: 'site', country: 'country' }

/** Returns the columns that a row needs: without them it is no device, or another one. */
function neededColumns(fields: FieldNames): ReadonlySet<string | undefined> {
  const { name, address, site, country, key = 'key' }: FieldNames = { ...REQUIRED, ...fields }
  return new Set([name, address, site, country, key])
}

function usedColumns(fields: FieldNames): ReadonlySet<string> {
  return new Set(RECORD_FIELDS.map((field) => fields[field] ?? field))
}

/** Returns what is wrong with the header. It says once what every record would be rejected for. */
function headerProblem(header: readonly string[], fields: FieldNames): string | null {
  if (header.length > MAX_COLUMNS) {
    const limit = MAX_COLUMNS.toLocaleString('en')
    return `has more than ${limit} columns in its first row; leave out those that Rollcall does not need.`
  }
  const columns: FieldNames = { ...REQUIRED, ...fields }
  const wanted = new Set(Object.values(columns).map((column) => column?.toLowerCase()))
  if (!header.some((column) => wanted.has(column.toLowerCase()))) {
    // If the header is missing, this row is a device, perhaps with its password, and must not be shown.
    const { name, address, site, country } = columns
    const names = [name, address, site, country].map((column) => `"${column}"`).join(', ')
    return `has none of the columns ${names} in its first row; have that name the columns, or name yours in the source's "fields".`
  }
  const used = usedColumns(fields)
  const repeated = header.find((column, index) => used.has(column) && header.indexOf(column) !== index)
  if (repeated !== undefined) return `has two columns "${repeated}"; rename or remove one of them.`
  for (const [field, column] of Object.entries(columns)) {
    if (column === undefined || header.includes(column)) continue
    const known = header.map((name) => `"${name}"`).join(', ')
    return `has no column "${column}" for the ${field}, only ${known}; add it, or name the right one in the source's "fields".`
  }
  return null
}
