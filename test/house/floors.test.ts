import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FLOORS, ROOMS, roomFloor } from './floors.ts'
import { moduleOf, readSources, roomOf } from './imports.ts'

const SRC = join(import.meta.dirname, '../../src')

/** Packages that these files, and nothing else, may name: to swap one is to rewrite them. */
const ONE_FILE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  ssh2: [
    'base/private-key.ts',
    'netconf/ssh/ssh-agent.ts',
    'netconf/ssh/ssh-library.ts',
    'netconf/ssh/ssh-transport.ts',
    'simulator/ssh-server.ts',
  ],
  'better-sqlite3': ['store/sqlite/sqlite.ts'],
  pg: ['store/postgres/pg-connections.ts'],
  'pg-boss': ['refresh/remote/task-queue.ts'],
  '@opentelemetry/sdk-trace': ['tracing/open-telemetry.ts'],
  '@opentelemetry/exporter-trace-otlp-http': ['tracing/open-telemetry.ts'],
  'pg-copy-streams': ['store/postgres/bulk-load.ts'],
  'graphql-yoga': ['api/server.ts'],
}

/** Packages of that kind whose types may be named anywhere: plugins stand where their subject is. */
const TYPES_ANYWHERE: readonly string[] = ['graphql-yoga']

/** What each module may take from npm and from outside of src; node:* and its own package.json go without saying. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  base: ['pino', 'pino-pretty', 'ssh2', 'yaml'],
  inventory: ['zod'],
  netconf: ['saxes', 'ssh2'],
  config: ['zod'],
  tracing: [
    '@opentelemetry/api',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
  ],
  sources: ['csv-parse'],
  store: ['better-sqlite3', 'kysely', 'lru-cache', 'pg', 'pg-copy-streams'],
  simulator: ['ssh2'],
  refresh: ['pg-boss'],
  exports: [],
  api: [
    '@graphql-yoga/render-graphiql',
    '@pothos/core',
    '@pothos/plugin-relay',
    '@pothos/plugin-scope-auth',
    '@prometheus-io/client',
    'dataloader',
    'graphql',
    'graphql-jit',
    'graphql-ws',
    'graphql-yoga',
    'jose',
    'lru-cache',
    'negotiator',
    'rate-limiter-flexible',
    'ws',
  ],
  console: [
    '@graphql-codegen/cli',
    '@graphql-typed-document-node/core',
    '@kobalte/core',
    '@solidjs/router',
    '@tanstack/solid-virtual',
    '@urql/core',
    'd3-geo',
    'geojson',
    'solid-js',
    'topojson-client',
    'uplot',
    'virtual:country-ids',
    'vite',
    'vite-plugin-solid',
    'world-atlas',
    'world-countries',
  ],
  'gateway.ts': [],
  'prober.ts': [],
  cli: ['commander', 'csv-stringify', 'string-width', 'wrap-ansi', 'yaml'],
}

const sources = readSources(SRC)
const files = sources.map(({ path }) => path)
const byPath = new Map(sources.map((source) => [source.path, source]))
const localImports = (file: string) => byPath.get(file)?.local ?? []
const packagesOf = (file: string) => byPath.get(file)?.packages ?? []

describe('the floors of src', () => {
  it('keeps the console apart from the server: it imports nothing of it', () => {
    const ofConsole = files.filter((file) => moduleOf(file) === 'console')
    const foreign = ofConsole.flatMap(localImports).filter((file) => moduleOf(file) !== 'console')
    expect(ofConsole.length).toBeGreaterThan(10)
    expect(foreign).toEqual([])
  })

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

  it.each(Object.keys(ROOMS))('%s has only folders that are listed as rooms', (module) => {
    const unknown = files.filter((file) => moduleOf(file) === module && roomFloor(module, roomOf(file)) < 0)
    expect(unknown).toEqual([])
  })

  it.each(files)('%s imports only from its own room and from lower ones', (file) => {
    const module = moduleOf(file)
    const floor = roomFloor(module, roomOf(file))
    const upwards = localImports(file).filter(
      (target) => moduleOf(target) === module && roomFloor(module, roomOf(target)) > floor,
    )
    expect(upwards).toEqual([])
  })

  it.each(files)('%s imports only packages that its module may use', (file) => {
    const allowed = PACKAGES[moduleOf(file)] ?? []
    expect(packagesOf(file).filter((name) => !allowed.includes(name))).toEqual([])
  })

  it.each(Object.entries(ONE_FILE_PACKAGES))('%s is named in %j only', (name, expected) => {
    const kind = TYPES_ANYWHERE.includes(name) ? 'runtimePackages' : 'packages'
    expect(sources.filter((source) => source[kind].includes(name)).map(({ path }) => path)).toEqual(expected)
  })

  it('has no import cycle', () => {
    expect(findCycle()).toEqual([])
  })
})

function floorOf(module: string): number {
  const floor = FLOORS[module]
  if (floor === undefined) throw new Error(`src/${module} has no floor; list it in test/house/floors.ts.`)
  return floor
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
