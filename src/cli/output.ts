import { fsyncSync, writeSync } from 'node:fs'
import { systemCodeOf } from '../base/errors.ts'
import { statusLine } from './status-line.ts'

const STDOUT = 1

/** Prints the result of a command to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(jsonText(value))
}

export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2)
}

/**
 * Prints to stdout, and returns once the system has taken the text. Throws a system error if it does not, for
 * example because the disk is full.
 */
export function printSafely(text: string): void {
  const bytes = Buffer.from(`${text}\n`)
  for (let written = 0; written < bytes.length; ) written += writeSync(STDOUT, bytes, written)
  try {
    fsyncSync(STDOUT)
  } catch (failure) {
    // A pipe or a terminal keeps nothing.
    if (!['EINVAL', 'ENOTSUP', 'EROFS'].includes(systemCodeOf(failure) ?? '')) throw failure
  }
}

/** Prints what a person should know besides, such as progress and errors, to stderr. */
export function tell(text: string): void {
  statusLine.clear()
  process.stderr.write(`${text}\n`)
}

/** Formats rows as columns, each as wide as its widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The narrowest that a column is made, unless its widest cell is narrower still. */
const MIN_COLUMN = 6

/**
 * Formats a table for the terminal that stdout is: the widest columns are cut until the lines fit, with an
 * ellipsis. A file or a pipe gets the whole table.
 */
export function fittedTable(rows: readonly (readonly string[])[], indent = ''): string {
  const { isTTY, columns } = process.stdout
  const fitting = isTTY && columns ? cutToFit(rows, columns - indent.length) : rows
  const lines = table(fitting).split('\n')
  return lines.map((line) => indent + line).join('\n')
}

function cutToFit(rows: readonly (readonly string[])[], width: number): string[][] {
  const count = Math.max(0, ...rows.map(({ length }) => length))
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const tooWide = () => widths.reduce((sum, each) => sum + each, 0) + 2 * (count - 1) - width
  while (tooWide() > 0) {
    // The first column names the row, so it is cut last.
    const others = Math.max(0, ...widths.slice(1))
    const column = others > MIN_COLUMN ? widths.indexOf(others, 1) : 0
    const width = widths[column] ?? 0
    if (width <= MIN_COLUMN) break
    widths[column] = width - 1
  }
  return rows.map((row) => row.map((cell, column) => shortened(cell, widths[column] ?? 0)))
}

/** Cuts a text to so many characters. */
function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/**
 * Returns a value without the control characters in its texts: text of a device could control the terminal.
 */
export function withoutControls<T>(value: T): T {
  const clean = (_name: string, part: unknown) =>
    typeof part === 'string' ? part.replace(/\p{C}/gu, '') : part
  return JSON.parse(JSON.stringify(value, clean))
}
