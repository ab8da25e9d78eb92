import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = join(import.meta.dirname, '../../src')

/** A module imports only from floors below its own; the modules of one floor do not import each other. */
const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  inventory: 1,
  netconf: 1,
  config: 1,
  sources: 2,
  store: 2,
  simulator: 2,
  refresh: 3,
  api: 4,
  'gateway.ts': 5,
  cli: 6,
}

/** Packages that one file of a module, and nothing else, may name: to swap one is to rewrite one file. */
const ONE_FILE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  ssh2: [
    'base/private-key.ts',
    'netconf/ssh-library.ts',
    'netconf/ssh-transport.ts',
    'simulator/ssh-server.ts',
  ],
  'better-sqlite3': ['store/sqlite.ts'],
  'graphql-yoga': ['api/server.ts'],
}

/** What each module may take from npm and from outside of src; node:* and its own package.json go without saying. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  base: ['pino', 'ssh2', 'yaml'],
  inventory: ['zod'],
  netconf: ['saxes', 'ssh2'],
  config: ['zod'],
  sources: ['csv-parse'],
  store: ['better-sqlite3', 'kysely', 'lru-cache'],
  simulator: ['ssh2'],
  refresh: [],
  api: [
    '@graphql-yoga/render-graphiql',
    '@pothos/core',
    '@pothos/plugin-relay',
    '@pothos/plugin-scope-auth',
    'dataloader',
    'graphql',
    'graphql-jit',
    'graphql-ws',
    'graphql-yoga',
    'jose',
    'lru-cache',
    'prom-client',
    'rate-limiter-flexible',
    'ws',
  ],
  'gateway.ts': [],
  cli: ['commander', 'csv-stringify'],
}

// Static imports, re-exports, side-effect imports and import() with a literal; types count like the rest.
const SPECIFIER = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)'([^']+)'/g

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.[jt]s$/.test(name))
  .sort()
const imports = new Map(
  files.map((file) => [
    file,
    [...readFileSync(join(SRC, file), 'utf8').matchAll(SPECIFIER)].map(([, name]) => name ?? ''),
  ]),
)

describe('the floors of src', () => {
  it('has files to look at', () => {
    expect(files.length).toBeGreaterThan(50)
    expect([...new Set(files.map(moduleOf))].sort()).toEqual(Object.keys(FLOORS).sort())
  })

  it.each(files)('%s imports only from floors below', (file) => {
    const upwards = localImports(file).filter((target) => {
      const [from, to] = [moduleOf(file), moduleOf(target)]
      return from !== to && floorOf(to) >= floorOf(from)
    })
    expect(upwards).toEqual([])
  })

  it.each(files)('%s takes only the packages that its module may', (file) => {
    const allowed = PACKAGES[moduleOf(file)] ?? []
    expect(packagesOf(file).filter((name) => !allowed.includes(name))).toEqual([])
  })

  it.each(Object.entries(ONE_FILE_PACKAGES))('%s is named in %j only', (name, expected) => {
    expect(files.filter((file) => packagesOf(file).includes(name))).toEqual(expected)
  })

  it('has no import cycle', () => {
    expect(findCycle()).toEqual([])
  })
})

function moduleOf(file: string): string {
  return file.split('/', 1)[0] ?? file
}

function floorOf(module: string): number {
  const floor = FLOORS[module]
  if (floor === undefined)
    throw new Error(`src/${module} stands on no floor; architecture.md and this test list them.`)
  return floor
}

function localImports(file: string): string[] {
  const local = (imports.get(file) ?? []).filter((name) => name.startsWith('.'))
  return local
    .map((name) => relative(SRC, join(SRC, dirname(file), name)))
    .filter((name) => !name.startsWith('..'))
}

function packagesOf(file: string): string[] {
  const names = (imports.get(file) ?? []).filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
  return names.map((name) =>
    name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/'),
  )
}

/** The files of one cycle, the first one again at its end; empty where there is none. */
function findCycle(): string[] {
  const finished = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (finished.has(file)) return []
    for (const target of localImports(file)) {
      const cycle = visit(target, [...path, file])
      if (cycle.length > 0) return cycle
    }
    finished.add(file)
    return []
  }
  for (const file of files) {
    const cycle = visit(file, [])
    if (cycle.length > 0) return cycle
  }
  return []
}
