import { availableParallelism } from 'node:os'

/** What a benchmark has to say: for people first, and then once more for a program. */
export interface Report {
  /** The npm script's name. */
  benchmark: string
  /** One sentence: what was measured. */
  title: string
  tables: readonly Table[]
  /** What one must know to read the tables. */
  notes?: readonly string[]
  /** What the line of JSON holds besides the benchmark's name and the machine. */
  data: Record<string, unknown>
}

/** Cells as they are printed. */
export interface Table {
  columns: readonly string[]
  rows: readonly (readonly string[])[]
}

/** Prints tables to stdout and after them one line of JSON. */
export function printReport({ benchmark, title, tables, notes = [], data }: Report): void {
  const machine = { cores: availableParallelism(), node: process.versions.node, platform: process.platform }
  const parts = [title, ...tables.map(formatTable), notes.join('\n')].filter((part) => part !== '')
  process.stdout.write(`${parts.join('\n\n')}\n\n${JSON.stringify({ benchmark, machine, ...data })}\n`)
}

/** The first column to the left, the others, which are numbers mostly, to the right. */
function formatTable({ columns, rows }: Table): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  return lines
    .map((cells) =>
      cells
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** What cannot be measured here is a dash. */
export function fixed(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits)
}

export function seconds(durationMs: number | null): string {
  return durationMs === null ? '-' : `${fixed(durationMs / 1000, 1)} s`
}

export function milliseconds(durationMs: number | null): string {
  return durationMs === null ? '-' : `${fixed(durationMs, 1)} ms`
}

export function megabytes(bytes: number | null): string {
  return bytes === null ? '-' : `${fixed(bytes / 1e6, 0)} MB`
}

/** `989 SUPPORTED, 11 TIMEOUT`, the most frequent first. */
export function outcomeList(outcomes: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(outcomes).sort(([, one], [, other]) => other - one)
  return sorted.map(([outcome, count]) => `${count} ${outcome}`).join(', ')
}
