import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import type { DelimiterName } from '../../config/schema.ts'
import type { FieldNames } from '../../inventory/check-record.ts'
import { sourceFailure } from '../source.ts'
import { countColumns, lacksColumns, MAX_TITLE_ROWS } from './csv-header.ts'

/** The characters at the top of a text in which its delimiter is looked for. */
export const HEAD_LENGTH = 64 * 1024

/** A delimiter, and its names in sentences. */
export interface Delimiter {
  character: string
  one: string
  many: string
}

const COMMA: Delimiter = { character: ',', one: 'a comma', many: 'commas' }

/** In the order of preference if nothing tells them apart. */
const DELIMITERS: Readonly<Record<DelimiterName, Delimiter>> = {
  comma: COMMA,
  semicolon: { character: ';', one: 'a semicolon', many: 'semicolons' },
  tab: { character: '\t', one: 'a tab', many: 'tabs' },
  pipe: { character: '|', one: 'a pipe', many: 'pipes' },
}

/** A first line such as `sep=;`, which tells Excel the delimiter. Some programs put quotes around it. */
const EXCEL_LINE = /^\s*"?sep=([^"\r\n])"?[\t ,;|]*(?:[\r\n]|$)/i

/**
 * Finds the delimiter of a CSV text. `configured` takes precedence, then a line `sep=;`. Otherwise it is the
 * one with which the top of the text has the columns that the source needs; a comma in a semicolon file then
 * means nothing. If no header is found, it is the one with the most known columns, or the most cells, so that
 * messages can name it. Throws a RollcallError (SOURCE_FAILED) if there are several.
 *
 * @param head the beginning of the text
 */
export function findDelimiter(
  head: string,
  {
    subject,
    fields,
    configured,
  }: { subject: string; fields: FieldNames; configured: DelimiterName | undefined },
): Delimiter {
  if (configured !== undefined) return DELIMITERS[configured]
  const all = Object.values(DELIMITERS)
  const [, told] = EXCEL_LINE.exec(head) ?? []
  if (told !== undefined) {
    const known = all.find(({ character }) => character === told)
    if (known !== undefined) return known
    throw sourceFailure(
      subject,
      `names ${JSON.stringify(told)} as its delimiter in its first line; ` +
        `have it written with ${listed(all)}.`,
    )
  }
  const top = head.slice(0, HEAD_LENGTH)
  const candidates = all.map((delimiter) => {
    const rows = firstRows(top, delimiter)
    return {
      delimiter,
      hasHeader: rows.some((row) => !lacksColumns(row, fields)),
      columns: Math.max(0, ...rows.map((row) => countColumns(row, fields))),
      cells: rows[0]?.length ?? 0,
      isEmpty: rows.length === 0,
    }
  })
  const fitting = candidates.filter(({ hasHeader }) => hasHeader)
  if (fitting.length > 1) {
    const several = listed(fitting.map(({ delimiter }) => delimiter))
    throw sourceFailure(subject, `has a header with ${several}; make it one table, or set "delimiter".`)
  }
  const best = candidates.toSorted((a, b) => b.columns - a.columns || b.cells - a.cells)[0]
  // A spreadsheet without content has empty cells only.
  const empty = candidates.find(({ isEmpty }) => isEmpty)
  return (fitting[0] ?? empty ?? best)?.delimiter ?? COMMA
}

/** Returns the rows at the top of a text. What is not valid CSV is told when the whole text is read. */
function firstRows(top: string, { character }: Delimiter): string[][] {
  const rows: string[][] = []
  const options = {
    delimiter: character,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    on_record: (row: string[]) => {
      const isWanted = rows.length <= MAX_TITLE_ROWS && row.some((cell) => cell !== '')
      if (isWanted) rows.push(row)
      return null
    },
  }
  try {
    parse(top, options)
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
  }
  return rows
}

function listed(delimiters: readonly Delimiter[]): string {
  return delimiters.map(({ many }) => many).join(' or ')
}
