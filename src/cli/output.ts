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

/**
 * Returns a value without the control characters in its texts: text of a device could control the terminal.
 */
export function withoutControls<T>(value: T): T {
  const clean = (_name: string, part: unknown) =>
    typeof part === 'string' ? part.replace(/\p{C}/gu, '') : part
  return JSON.parse(JSON.stringify(value, clean))
}
