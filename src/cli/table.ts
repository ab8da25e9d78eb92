import stringWidth from 'string-width'
import { type Width, wrapped } from './wrapping.ts'

/** Rows of cells. The first one has the headings. */
export type Rows = readonly (readonly string[])[]

const GAP = '  '

/** Below this width, a table that does not fit has a line for each cell. */
const NARROW = 60
/** The narrowest that a column is cut to, unless its widest cell is narrower still. */
const MIN_COLUMN = 10
const MIN_LAST_COLUMN = 6
/** The narrowest that a column is wrapped to. */
const MIN_WRAPPED = 24

const graphemes = new Intl.Segmenter()

/** Formats rows as columns, each as wide as its widest cell, two spaces apart. */
export function table(rows: Rows): string {
  const widths = widthsOf(rows)
  return rows
    .map((row) =>
      row
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n')
}

interface Fit {
  width: Width
  /** What stands before each line. */
  indent?: string
  /** Whether the last column is wrapped at words. Otherwise the widest columns are cut, with an ellipsis. */
  wrapsLast?: boolean
}

/** Formats a table so that it fits into a width. On a narrow terminal each row becomes a block of lines. */
export function fittedTable(rows: Rows, { width, indent = '', wrapsLast = false }: Fit): string {
  const lines = linesThatFit(rows, width === undefined ? width : width - indent.length, wrapsLast)
  return lines.map((line) => (line === '' ? line : indent + line)).join('\n')
}

function linesThatFit(rows: Rows, width: Width, wrapsLast: boolean): string[] {
  const lines = table(rows).split('\n')
  if (width === undefined || lines.every((line) => stringWidth(line) <= width)) return lines
  const widths = widthsOf(rows)
  const lastAt = widths.length - 1
  const left = width - widths.slice(0, lastAt).reduce((sum, each) => sum + each + GAP.length, 0)
  if (width < NARROW || (wrapsLast && left < MIN_WRAPPED)) return stacked(rows, width)
  if (wrapsLast) return table(rows.flatMap((row) => withWrappedLast(row, left))).split('\n')
  const cut = cutToFit(rows, widths, width)
  return cut === null ? stacked(rows, width) : table(cut).split('\n')
}

/** Returns a row as several, whose last cells have the lines of its last one. */
function withWrappedLast(row: readonly string[], width: number): string[][] {
  const before = row.slice(0, -1)
  return wrapped(row.at(-1) ?? '', width)
    .split('\n')
    .map((line, index) => [...(index === 0 ? before : before.map(() => '')), line])
}

/** Returns each row as its first cell, with the other ones below it. Empty cells are left out. */
function stacked([headings = [], ...rows]: Rows, width: number): string[] {
  return rows.flatMap(([name = '', ...cells]) => {
    const pairs = cells.flatMap((cell, index): [string, string][] =>
      cell === '' ? [] : [[headings[index + 1] ?? '', cell]],
    )
    const lines = pairs.length === 0 ? [] : labelled(pairs, width - GAP.length).split('\n')
    return [name, ...lines.map((line) => GAP + line)]
  })
}

/** Formats names with their values, one below the other. Values are wrapped at words. */
export function labelled(pairs: readonly (readonly [string, string])[], width: Width): string {
  const [label = 0] = widthsOf(pairs)
  const rest = ' '.repeat(label + GAP.length)
  return pairs
    .map(([name, value]) => wrapped(value, width, { first: padded(name, label) + GAP, rest }))
    .join('\n')
}

/** Cuts the widest columns. Returns null if too little would be left of one. */
function cutToFit(rows: Rows, given: readonly number[], width: number): string[][] | null {
  const widths = [...given]
  const sum = widths.reduce((before, each) => before + each + GAP.length, -GAP.length)
  for (let excess = sum - width; excess > 0; excess -= 1) {
    const column = columnToCut(widths)
    if (column === null) return null
    widths[column] = (widths[column] ?? 0) - 1
  }
  return rows.map((row) => row.map((cell, column) => shortened(cell, widths[column] ?? 0)))
}

/** The last column first, then the widest. The first one names the row, so it is cut last. */
function columnToCut(widths: readonly number[]): number | null {
  const lastAt = widths.length - 1
  if ((widths[lastAt] ?? 0) > MIN_LAST_COLUMN) return lastAt
  const widest = Math.max(...widths.slice(1, lastAt))
  if (widest > MIN_COLUMN) return widths.indexOf(widest, 1)
  return (widths[0] ?? 0) > MIN_COLUMN ? 0 : null
}

/** The width of each column. Some characters take two columns of the terminal, others none. */
function widthsOf(rows: Rows): number[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell))
    })
  }
  return widths
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)))
}

/** Cuts a text to so many columns. */
function shortened(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) >= width) break
    kept += segment
  }
  return `${kept}…`
}
