import { fixed, megabytes, milliseconds, type Table } from '../support/report.ts'
import { median } from '../support/statistics.ts'
import type { HierarchyResult, HierarchyTurn } from './hierarchy.ts'
import type { PageLatencies, PagesResult } from './pages.ts'

export function hierarchyTables({ turns, bytes, statements, peakMemoryBytes }: HierarchyResult): Table[] {
  const sqlite = turns.map(({ nestedMs }) => nestedMs)
  const row = (
    name: string,
    timeOf: (turn: HierarchyTurn) => number,
    firstByteOf?: (turn: HierarchyTurn) => number,
  ): string[] => {
    const times = turns.map(timeOf)
    return [
      name,
      milliseconds(median(times)),
      milliseconds(Math.min(...times)),
      firstByteOf ? milliseconds(median(turns.map(firstByteOf))) : '-',
      fixed(median(times) / median(sqlite), 2),
      fixed(Math.min(...times) / Math.min(...sqlite), 2),
    ]
  }
  return [
    {
      columns: ['hierarchy', 'median', 'min', 'first byte', 'ratio of medians', 'of minima'],
      rows: [
        row('SQLite alone: json_group_array', ({ nestedMs }) => nestedMs),
        row('SQLite alone: upper levels joined as text', ({ joinedMs }) => joinedMs),
        row(
          'gateway, over HTTP',
          ({ changed }) => changed.lastByteMs,
          ({ changed }) => changed.firstByteMs,
        ),
        row(
          'gateway, nothing changed since',
          ({ unchanged }) => unchanged.lastByteMs,
          ({ unchanged }) => unchanged.firstByteMs,
        ),
        row('graphql-js itself, without HTTP', ({ graphqlJsMs }) => graphqlJsMs),
      ],
    },
    {
      columns: ['hierarchy', 'SQL statements', 'answer', 'peak memory of the gateway'],
      rows: [['', String(statements), megabytes(bytes), megabytes(peakMemoryBytes)]],
    },
  ]
}

/** @param results the first of them is what the others are compared with */
export function pageTables(results: readonly PagesResult[]): Table[] {
  const [base] = results
  return results.map(({ devices, loads, peakMemoryBytes }) => ({
    columns: [
      `pages of ${devices} devices`,
      'p50',
      'p99',
      'max',
      'queries/s',
      'server CPU a page',
      'client CPU',
      'page',
      'p50 ratio',
      'p99 ratio',
      'peak memory',
    ],
    rows: loads.map((load, index) => [...cellsOf(load, base?.loads[index]), megabytes(peakMemoryBytes)]),
  }))
}

function cellsOf(load: PageLatencies, base: PageLatencies | undefined): string[] {
  return [
    load.name,
    milliseconds(load.p50Ms),
    milliseconds(load.p99Ms),
    milliseconds(load.maxMs),
    fixed(load.perSecond, 0),
    load.serverCpuMs === null ? '-' : `${fixed(load.serverCpuMs, 2)} ms`,
    `${fixed(100 * load.clientShare, 0)} %`,
    `${fixed(load.bytesPerPage / 1000, 1)} KB`,
    fixed(base && load.p50Ms / base.p50Ms, 2),
    fixed(base && load.p99Ms / base.p99Ms, 2),
  ]
}
