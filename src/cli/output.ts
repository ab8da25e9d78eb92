/** What a command is asked for goes to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** What a person should know besides, progress and errors included, goes to stderr. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Columns as wide as their widest cell, two spaces apart. */
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

/** The same value, its texts without control characters: what others say could steer the terminal that it is printed on. */
export function withoutControls<T>(value: T): T {
  const clean = (_name: string, part: unknown) =>
    typeof part === 'string' ? part.replace(/\p{C}/gu, '') : part
  return JSON.parse(JSON.stringify(value, clean))
}
