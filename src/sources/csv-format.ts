import { finished } from 'node:stream/promises'
import { CsvError, type Parser, parse } from 'csv-parse'
import { readAddress } from '../inventory/address.ts'
import type { FieldNames } from '../inventory/check-record.ts'
import { plainText } from '../inventory/plain-text.ts'
import { type Inventory, RECORD_FIELDS } from '../inventory/record.ts'
import { quotedFormulas, textOfFormula } from './csv-formulas.ts'
import type { ReadOptions } from './read-options.ts'
import { RecordIntake } from './record-intake.ts'
import { sourceFailure } from './source-failure.ts'
import { TRUNCATED } from './texts.ts'

const MAX_ROW_BYTES = 1024 * 1024

const WRONG_LENGTH =
  'the row has more or fewer cells than the header; a cell with a comma in it needs double quotes'

/** The line in which Windows PowerShell names the type of what it exports, before the header. */
const POWERSHELL_TYPE = '#TYPE '

/** The line `sep=,`, which tells Excel what stands between the cells. */
const EXCEL_SEPARATOR = 'sep='

const RAGGED =
  'the row has more or fewer cells than the header, so that one may stand in the wrong column; give it a cell for each column'

const OPEN_QUOTE = 'a cell holds whole rows; close the double quote that opens it, or remove it'

const LINE_BREAK = /\r\n|\r|\n/

/**
 * RFC 4180: a header row, then a record a row. Rows that hold nothing are skipped; one that does not fit the header, or
 * has a quote within a cell, is set aside, unless all do. Where quotes leave open where a row ends, the text fails.
 *
 * Spreadsheets write empty cells beyond the header, and leave out empty ones at the end of a row: both fit. But a cell
 * may be missing in the middle as well, so that such a row is doubtful.
 */
export async function readCsv(
  texts: AsyncIterable<string>,
  { rules, subject }: ReadOptions,
): Promise<Inventory> {
  const rows = new CsvRows(subject, new RecordIntake(subject, rules), rules.fields)
  const parser = parse({
    trim: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    // The parser would lose the row after a blank one of the wrong length, so the length is compared here.
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error) => rows.skip(error),
    on_record: (row: string[], { lines }) => rows.take(row, lines),
  })
  /** Whether no line break ends the last row. */
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

/** What the parser finds, in its order. */
class CsvRows {
  readonly #subject: string
  readonly #intake: RecordIntake
  readonly #fields: FieldNames
  #header: string[] | null = null
  /** How many cells a row must have: up to the last of the columns that make a device. */
  #minCells = 0
  /** How many cells have a column with a name: up to the last of them. */
  #namedCells = 0
  /** How many cells are read: up to the last of the columns that have a field of ours. */
  #readCells = 0
  /** How many cells the first row after the header has. */
  #firstLength: number | null = null
  #skippedLine: number | null = null
  #fitting = 0
  /** Whether the last row has no cell beyond those that are read although the header has: its end may be missing. */
  #endsShort = false
  #firstProblem: string | null = null

  constructor(subject: string, intake: RecordIntake, fields: FieldNames) {
    this.#subject = subject
    this.#intake = intake
    this.#fields = fields
  }

  /** Returns null: nothing is passed on. */
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
      // Tables that were put together, one below the other, have a header each.
      return null
    } else {
      this.#add(this.#header, row, this.#isRagged(row) ? `Line ${line}: ${RAGGED}.` : null)
    }
    return null
  }

  /** Called for each error in a row; the row is not given to `take`. Throws where it cannot be told what else is lost. */
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

  /** Tells whether a cell may be missing or too many. The cells beyond the header that all rows have are no sign of that. */
  #isRagged({ length }: readonly string[]): boolean {
    this.#firstLength ??= length
    return length < this.#namedCells || (length > this.#namedCells && length !== this.#firstLength)
  }

  /**
   * Tells whether a row of several lines goes on with rows of its own, because a double quote in its first line was closed in a
   * later one: a line of it has all cells, and an address where the address is.
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

  /** Nothing of the row is shown: it cannot be told which of its cells is a name and which a password. */
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

/** The parser's own messages are not used: they quote cells. */
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

/** The columns without which a row makes no device, or another one. */
function neededColumns(fields: FieldNames): ReadonlySet<string | undefined> {
  const { name, address, site, country, key = 'key' }: FieldNames = { ...REQUIRED, ...fields }
  return new Set([name, address, site, country, key])
}

function usedColumns(fields: FieldNames): ReadonlySet<string> {
  return new Set(RECORD_FIELDS.map((field) => fields[field] ?? field))
}

/** Without a column every record would be rejected for the same reason; better to say it once. */
function headerProblem(header: readonly string[], fields: FieldNames): string | null {
  const columns: FieldNames = { ...REQUIRED, ...fields }
  const wanted = new Set(Object.values(columns).map((column) => column?.toLowerCase()))
  if (!header.some((column) => wanted.has(column.toLowerCase()))) {
    // Without a header, the first row is that of a device, with its password perhaps.
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
