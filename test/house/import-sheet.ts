import { join } from 'node:path'
import { FLOORS, roomFloor } from './floors.ts'
import { moduleOf, readSources, roomOf, type SourceFile } from './imports.ts'

/**
 * Prints what each module imports: files, lines, arrows (imports within the module), levels (files on the longest
 * chain of imports within the module), and arrows that point back to a higher room.
 *
 * Usage: npm run house:imports [-- FOLDER] (default: src)
 */
const folder = process.argv[2] ?? join(import.meta.dirname, '../../src')
const sources = readSources(folder)

const rows = Object.keys(FLOORS).flatMap((module) => {
  const files = sources.filter(({ path }) => moduleOf(path) === module)
  return files.length === 0 ? [] : [rowOf(module, files)]
})
const oneImporter = sources.filter(({ path }) => importersOf(path) === 1)
const columns = Object.keys(rows[0] ?? {}) as (keyof (typeof rows)[number])[]
for (const cells of [columns, ...rows.map((row) => columns.map((name) => String(row[name])))])
  process.stdout.write(
    `${cells
      .map((cell) => cell.padEnd(14))
      .join('')
      .trimEnd()}\n`,
  )
process.stdout.write(
  `${sources.length} files, ${sum(sources.map(({ lines }) => lines))} lines; ` +
    `${oneImporter.length} files have one importer, ` +
    `${oneImporter.filter(({ lines }) => lines <= 40).length} of them at most 40 lines.\n`,
)
for (const { module, back } of rows.map((row) => ({ module: row.module, back: backArrows(row.module) })))
  for (const arrow of back) process.stdout.write(`back arrow in ${module}: ${arrow}\n`)

function rowOf(module: string, files: SourceFile[]) {
  const inner = new Map(
    files.map((file) => [file.path, file.local.filter((path) => moduleOf(path) === module)]),
  )
  return {
    module,
    files: files.length,
    lines: sum(files.map(({ lines }) => lines)),
    arrows: sum([...inner.values()].map((targets) => targets.length)),
    levels: Math.max(...files.map(({ path }) => chainLength(path, inner))),
    'back arrows': backArrows(module).length,
    'longest file': Math.max(...files.map(({ lines }) => lines)),
  }
}

function backArrows(module: string): string[] {
  return sources
    .filter(({ path }) => moduleOf(path) === module)
    .flatMap(({ path, local }) =>
      local
        .filter((target) => moduleOf(target) === module)
        .filter((target) => roomFloor(module, roomOf(target)) > roomFloor(module, roomOf(path)))
        .map((target) => `${path} → ${target}`),
    )
}

function chainLength(path: string, inner: ReadonlyMap<string, string[]>): number {
  return 1 + Math.max(0, ...(inner.get(path) ?? []).map((target) => chainLength(target, inner)))
}

function importersOf(path: string): number {
  return sources.filter(({ local }) => local.includes(path)).length
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
