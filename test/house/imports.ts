import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** A source file with what it imports. */
export interface SourceFile {
  /** Path below the source folder, with `/`. */
  path: string
  lines: number
  /** Paths of the files of the source folder that it imports. */
  local: string[]
  /** Names of the packages that it imports; `node:` modules are left out. */
  packages: string[]
  /** Those of them that it imports more than types from. */
  runtimePackages: string[]
}

// Static imports, re-exports, side-effect imports and import() with a literal; types count like the rest.
const SPECIFIER = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)'([^']+)'/g

const TYPE_IMPORT = /^import type [^']*'[^']+'$/gm

/** Reads all TypeScript and JavaScript files below a folder, in the order of their paths. */
export function readSources(folder: string): SourceFile[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]sx?$/.test(name))
    .sort()
  return paths.map((path) => {
    const text = readFileSync(join(folder, path), 'utf8')
    const specifiers = specifiersOf(text)
    const local = specifiers
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(folder, join(folder, dirname(path), name)))
      .filter((name) => !name.startsWith('..'))
    const packagesIn = (names: string[]) =>
      names.filter((name) => !name.startsWith('.') && !name.startsWith('node:')).map(packageName)
    return {
      path,
      lines: text.split('\n').length - 1,
      local: [...new Set(local)],
      packages: packagesIn(specifiers),
      runtimePackages: packagesIn(specifiersOf(text.replace(TYPE_IMPORT, ''))),
    }
  })
}

function specifiersOf(text: string): string[] {
  return [...text.matchAll(SPECIFIER)].map(([, name]) => name ?? '')
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The module of a path: its first folder, or the file itself if it stands at the top. */
export function moduleOf(path: string): string {
  return path.split('/', 1)[0] ?? path
}

/** The room of a path within its module: the folder below the module, or the file's own name. */
export function roomOf(path: string): string {
  return path.split('/')[1] ?? path
}
