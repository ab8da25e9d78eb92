import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { silentLogger } from '../../src/base/log.ts'
import { copyDatabase } from '../../src/store/maintenance/copy-database.ts'
import { openStore } from '../../src/store/store.ts'
import { TemporaryPostgres } from '../support/temporary-postgres.ts'
import { type ComparedRead, compareReads, type Latency } from './stores/reads.ts'
import { type PreparedRefresh, prepareRefresh, recordRefresh } from './stores/refreshes.ts'
import { type TableSize, tableSizes } from './stores/table-sizes.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { countOption } from './support/options.ts'
import { fixed, megabytes, milliseconds, printReport, seconds, type Table } from './support/report.ts'
import { median } from './support/statistics.ts'
import { type InventorySize, writeInventoryRows, writtenDevice } from './support/written-inventory.ts'

// What the store takes for the same inventory in SQLite and in PostgreSQL: reads, targets of a refresh, and what the
// results of many refreshes leave behind in PostgreSQL.

interface StoresOptions {
  devices: number
  runs: number
  refreshes: number
  refreshed: number
}

const command = new Command('bench:stores')
  .description('Pages, filters, counts and refreshes in PostgreSQL, compared with SQLite.')
  .addOption(countOption('--devices <n>', 'how many devices', 100_000))
  .addOption(countOption('--runs <n>', 'how often each read is timed, unless that takes long', 30))
  .addOption(countOption('--refreshes <n>', 'how many refreshes are recorded in PostgreSQL', 10))
  .addOption(countOption('--refreshed <n>', 'how many devices each of them probes', 100_000))

const DEVICES_PER_SITE = 30

await runBenchmark<StoresOptions>(command, async (options, stack) => {
  const { devices, runs } = options
  const size = { devices, sites: Math.ceil(devices / DEVICES_PER_SITE), countries: 60 }
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const server = await TemporaryPostgres.start()
  stack.defer(() => server[Symbol.asyncDispose]())
  const [file, url] = [join(folder, 'rollcall.db'), server.url()]
  tell(`writing ${devices} devices`)
  await writeInventoryRows(file, size)
  const copyMs = await copied(file, url)
  tell(`copied into PostgreSQL in ${seconds(copyMs)}`)

  const stores = {
    sqlite: stack.own(await openStore({ database: file, log: silentLogger })),
    postgres: stack.own(await openStore({ database: url, log: silentLogger })),
  }
  const middle = middleDevice(size)
  const reads = await compareReads(stores, { middle, runs, tell })
  const prepared = {
    sqlite: await prepareRefresh(stores.sqlite),
    postgres: await prepareRefresh(stores.postgres),
  }
  const sizes = { before: await tableSizes(url), after: [] as TableSize[] }
  const recorded = []
  const sites = Math.ceil(Math.min(options.refreshed, devices) / DEVICES_PER_SITE)
  for (let count = 0; count < options.refreshes; count += 1) {
    const siteIds = Array.from({ length: sites }, (_, index) => index + 1)
    const refresh = await recordRefresh(stores.postgres, siteIds)
    tell(`${refresh.results} results in ${seconds(refresh.resultsMs)}`)
    recorded.push(refresh)
  }
  sizes.after = await tableSizes(url)
  const perSecond = recorded.map(({ results, resultsMs }) => (results * 1_000) / resultsMs)

  printReport({
    benchmark: command.name(),
    title:
      `${devices} devices at ${size.sites} sites in SQLite and in PostgreSQL; then ${options.refreshes} ` +
      `refreshes of ${recorded[0]?.results} of them.`,
    tables: [
      readsTable(reads),
      {
        columns: ['refresh of all devices', 'targets', 'targets written', 'and read'],
        rows: [
          ['SQLite', ...preparedCells(prepared.sqlite)],
          ['PostgreSQL', ...preparedCells(prepared.postgres)],
        ],
      },
      {
        columns: ['recorded', 'targets written', 'results/s, median', 'first', 'last', 'slowest batch'],
        rows: [
          [
            `${recorded.length} refreshes`,
            seconds(Math.max(...recorded.map(({ targetsMs }) => targetsMs))),
            ...[median(perSecond), perSecond[0], perSecond.at(-1)].map((rate) => fixed(rate, 0)),
            milliseconds(Math.max(...recorded.map(({ slowestBatchMs }) => slowestBatchMs))),
          ],
        ],
      },
      sizesTable(sizes),
    ],
    notes: [
      `${reads.filter(({ ratio }) => ratio > 3).length} of ${reads.length} reads take more than 3 times as long in PostgreSQL.`,
      'PostgreSQL has its default settings, but does not wait for the disk (fsync is off).',
      `Copying everything into PostgreSQL and comparing it took ${seconds(copyMs)}.`,
    ],
    data: { options, copyMs, reads, prepared, recorded, sizes },
  })
})

async function copied(from: string, to: string): Promise<number> {
  const startedAt = performance.now()
  const { signal } = new AbortController()
  await copyDatabase({ from, to, login: {}, log: silentLogger, onProgress: () => {}, signal })
  return performance.now() - startedAt
}

function middleDevice(size: InventorySize): { name: string; address: string } {
  const { id, name } = writtenDevice(size.devices >> 1, size)
  return { name, address: `10.${(id >> 16) & 255}.${(id >> 8) & 255}.${id & 255}` }
}

function readsTable(reads: readonly ComparedRead[]): Table {
  const cells = ({ median, p95 }: Latency) => [milliseconds(median), milliseconds(p95)]
  return {
    columns: ['read', 'SQLite p50', 'p95', 'PostgreSQL p50', 'p95', 'ratio'],
    rows: reads.map(({ name, sqlite, postgres, ratio }) => [
      name,
      ...cells(sqlite),
      ...cells(postgres),
      fixed(ratio, 1),
    ]),
  }
}

function preparedCells({ total, targetsMs, readMs }: PreparedRefresh): string[] {
  return [String(total), seconds(targetsMs), seconds(readMs)]
}

function sizesTable({ before, after }: { before: TableSize[]; after: TableSize[] }): Table {
  return {
    columns: ['table', 'rows', 'dead', 'size', 'was', 'indexes', 'was', 'updates', 'HOT', 'vacuums'],
    rows: after.map((now) => {
      const earlier = before.find(({ table }) => table === now.table)
      return [
        now.table,
        String(now.rows),
        String(now.deadRows),
        megabytes(now.tableBytes),
        megabytes(earlier?.tableBytes ?? null),
        megabytes(now.indexBytes),
        megabytes(earlier?.indexBytes ?? null),
        String(now.updates),
        String(now.hotUpdates),
        String(now.vacuums),
      ]
    }),
  }
}
