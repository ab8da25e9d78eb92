import { finished } from 'node:stream/promises'
import { CsvError, type Parser, parse } from 'csv-parse'
import { readAddress } from '../../inventory/address.ts'
import type { FieldNames } from '../../inventory/check-record.ts'
import { plainText } from '../../inventory/plain-text.ts'
import type { Inventory } from '../../inventory/record.ts'
import { sourceFailure } from '../source.ts'
import { type Delimiter, findDelimiter, HEAD_LENGTH } from './csv-delimiter.ts'
import { type CsvHeader, isTitle, MAX_TITLE_ROWS, readHeader } from './csv-header.ts'
import { RecordIntake } from './record-intake.ts'
import { type FormatOptions, peek, TRUNCATED } from './texts.ts'

const MAX_ROW_BYTES = 1024 * 1024

/** Characters that the parser takes at a time, if a row ends there: some dozen rows. */
const PART_LENGTH = 4 * 1024

/** Windows PowerShell writes a line with the type of the exported objects before the header. */
const POWERSHELL_TYPE = '#TYPE '

/** The line `sep=;` tells Excel the delimiter, so that its cells may be `sep=` and nothing. */
const EXCEL_LINE = /^sep=.?$/i

const RAGGED =
  'the row has more or fewer cells than the header, ' +
  'so that one may stand in the wrong column; give it a cell for each column'

const OPEN_QUOTE = 'a cell holds whole rows; close the double quote that opens it, or remove it'

const LINE_BREAK = /\r\n|\r|\n/

/**
 * Reads CSV (RFC 4180) with one of four delimiters: a header row, then a record in each row. A title above
 * the header and empty rows are skipped. A row that does not fit the header, or has a quote within a cell, is
 * set aside, unless all do. If quotes make it unclear where a row ends, the text fails.
 *
 * Spreadsheets write empty cells beyond the header, and leave out empty cells at the end of a row. Both are
 * accepted. In a short row, however, a cell may be missing in the middle, so such a row is doubtful.
 */
export async function readCsv(
  texts: AsyncIterable<string>,
  { rules, subject, delimiter: configured }: FormatOptions,
): Promise<Inventory> {
  const { fields } = rules
  const { head, all } = await peek(texts, HEAD_LENGTH)
  const delimiter = findDelimiter(head.join(''), { subject, fields, configured })
  const intake = new RecordIntake(subject, rules)
  const rows = new CsvRows(subject, { intake, fields, delimiter })
  const parser = parse({
    delimiter: delimiter.character,
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
    for await (const text of quotedFormulas(all, {
      delimiter: delimiter.character,
      maxRowLength: MAX_ROW_BYTES,
    })) {
      for (const part of partsOf(text)) {
        await write(parser, part)
        if (intake.turn.isOver) await intake.turn.next()
      }
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
  readonly #delimiter: Delimiter
  #header: CsvHeader | null = null
  /** The first row above the header. */
  #title: readonly string[] | null = null
  #titleRows = 0
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

  constructor(
    subject: string,
    { intake, fields, delimiter }: { intake: RecordIntake; fields: FieldNames; delimiter: Delimiter },
  ) {
    this.#subject = subject
    this.#intake = intake
    this.#fields = fields
    this.#delimiter = delimiter
  }

  /** Takes a row. Returns null, so that the parser passes nothing on. */
  take(row: string[], line: number): null {
    if (row.every((cell) => cell === '')) return null
    if (this.#header === null) {
      this.#takeAboveRecords(row)
      return null
    }
    const { columns, minCells, readCells } = this.#header
    this.#endsShort = row.length <= readCells && row.length < columns.length
    if (row.length < minCells || row.slice(columns.length).some((cell) => cell !== '')) {
      this.#reject(line, this.#wrongLength())
    } else if (this.#holdsRows(row, columns)) {
      this.#reject(line, OPEN_QUOTE)
    } else if (!isSameRow(row, columns)) {
      // A repeated header shows that several tables were joined.
      this.#add(row, this.#header, line)
    }
    return null
  }

  #takeAboveRecords(row: readonly string[]): void {
    if (row[0]?.startsWith(POWERSHELL_TYPE) || EXCEL_LINE.test(row[0] ?? '')) return
    if (isTitle(row, this.#fields) && this.#titleRows < MAX_TITLE_ROWS) {
      this.#title ??= row
      this.#titleRows += 1
      return
    }
    this.#header = this.#readHeader(row)
  }

  #readHeader(row: readonly string[]): CsvHeader {
    const header = readHeader(row, this.#fields, this.#delimiter.many)
    if ('problem' in header) throw sourceFailure(this.#subject, header.problem)
    return header
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
    if (this.#title !== null) this.#header ??= this.#readHeader(this.#title)
    if (this.#header === null) throw sourceFailure(this.#subject, 'is empty; the first row names the fields.')
    if (this.#firstProblem !== null && this.#fitting === 0) {
      throw sourceFailure(this.#subject, this.#firstProblem)
    }
    return this.#intake.finish()
  }

  #add(row: readonly string[], { columns, namedCells }: CsvHeader, line: number): void {
    this.#fitting += 1
    const cells = columns.map((column, index) => [column, textOfFormula(row[index] ?? '')])
    const doubt = this.#isRagged(row, namedCells) ? `Line ${line}: ${RAGGED}.` : null
    this.#intake.add(Object.fromEntries(cells), doubt)
  }

  /**
   * Tells whether a row may lack a cell or have one too many. Cells beyond the header are no sign of it if
   * all rows have them.
   */
  #isRagged({ length }: readonly string[], namedCells: number): boolean {
    this.#firstLength ??= length
    return length < namedCells || (length > namedCells && length !== this.#firstLength)
  }

  /**
   * Tells whether a row contains other rows, because a double quote in it was closed only in a later line:
   * one of its lines has all cells, with an address in the column of the address.
   */
  #holdsRows(row: readonly string[], columns: readonly string[]): boolean {
    if (!row.some((cell) => LINE_BREAK.test(cell))) return false
    const addressAt = columns.indexOf(this.#fields.address ?? 'address')
    const { character } = this.#delimiter
    const [, ...lines] = row.join(character).split(LINE_BREAK)
    return lines.some((line) => {
      const cells = line.split(character)
      const address = cells[addressAt]?.trim() ?? ''
      return cells.length >= columns.length && address !== '' && 'address' in readAddress(plainText(address))
    })
  }

  #wrongLength(): string {
    return (
      'the row has more or fewer cells than the header; ' +
      `a cell with ${this.#delimiter.one} in it needs double quotes`
    )
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

function* partsOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from + PART_LENGTH)
    const to = end === -1 ? text.length : end + 1
    yield text.slice(from, to)
    from = to
  }
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

/**
 * Puts formulas such as ="0042", which contain quotes but stand in none, into quotes. It returns the text in
 * pieces of at least a row. Text within quotes cannot be mistaken for a formula, because quotes are doubled
 * there.
 *
 * @param maxRowLength a longer text without a line break is passed on unchanged
 */
async function* quotedFormulas(
  texts: AsyncIterable<string>,
  { delimiter, maxRowLength }: { delimiter: string; maxRowLength: number },
): AsyncGenerator<string> {
  const formula = bareFormula(delimiter)
  let rest = ''
  for await (const text of texts) {
    rest += text
    const end = Math.max(rest.lastIndexOf('\n'), rest.lastIndexOf('\r')) + 1
    if (end === 0 && rest.length <= maxRowLength) continue
    yield (end === 0 ? rest : rest.slice(0, end)).replace(formula, '$1"$2"')
    rest = end === 0 ? '' : rest.slice(end)
  }
  yield rest.replace(formula, '$1"$2"')
}

/** Matches a formula that is a whole cell without quotes around it. */
function bareFormula(delimiter: string): RegExp {
  const end = `\\${delimiter}\\r\\n`
  return new RegExp(`(?<=^|[${end}])([ \\t]*)="([^"${end}]*)"(?=[ \\t]*(?:[${end}]|$))`, 'g')
}

/**
 * Returns the text in a cell that was written so that a spreadsheet takes it as text: the formula ="0042"
 * keeps the zeros in Excel, and an apostrophe before a number or a formula does so everywhere. Other cells
 * stay as they are.
 */
function textOfFormula(cell: string): string {
  if (cell.startsWith('="')) return cell.replace(/^="([^"]*)"$/, '$1')
  return cell.startsWith("'") ? cell.replace(/^'(?=\d+$|[=+@-])/, '') : cell
}
