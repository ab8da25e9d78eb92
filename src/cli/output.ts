import { fsyncSync, writeSync } from 'node:fs'
import { systemCodeOf } from '../base/errors.ts'
import { CLEAR_LINE, statusLine } from './status-line.ts'
import { widthOf, wrapped } from './wrapping.ts'

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

/**
 * Prints what a person should know besides, such as progress and errors, to stderr. On a terminal, lines are
 * wrapped at words, except for those that begin with a blank.
 */
export function tell(text: string): void {
  statusLine.clear()
  const width = widthOf(process.stderr)
  const lines = text.split('\n').map((line) => (line.startsWith(' ') ? line : wrapped(line, width)))
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** Tells that a command stops. On a terminal, this takes the place of the ^C that it shows for Ctrl-C. */
export function tellStopping(): void {
  if (statusLine.isPossible) process.stderr.write(CLEAR_LINE)
  tell('Stopping…')
}

/** Formats a time for a table: `2026-11-30 09:15Z`. */
export function shortTime(time: string): string {
  return time.replace(/^(.{10})T(.{5}).*Z$/, '$1 $2Z')
}

/**
 * Returns a value without the control characters in its texts: text of a device could control the terminal.
 */
export function withoutControls<T>(value: T): T {
  const clean = (_name: string, part: unknown) =>
    typeof part === 'string' ? part.replace(/\p{C}/gu, '') : part
  return JSON.parse(JSON.stringify(value, clean))
}
