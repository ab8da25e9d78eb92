import { Command, InvalidArgumentError, Option } from 'commander'
import { duration, wholeNumber } from '../../src/cli/options.ts'
import { type HierarchyResult, measureHierarchy } from './api/hierarchy.ts'
import { measurePages, type PagesResult } from './api/pages.ts'
import { measureDuringRefresh, refreshTables, reportedRuns, summaryOf } from './api/refresh-load.ts'
import { hierarchyTables, pageTables } from './api/tables.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { writeDatabase } from './support/gateway-over-database.ts'
import { countOption, faultyOption, timeoutOption } from './support/options.ts'
import { usageNotes } from './support/process-usage.ts'
import { printReport } from './support/report.ts'
import type { InventorySize } from './support/written-inventory.ts'

// What the API takes for a whole hierarchy, for pages that many ask for at once, and for pages during a refresh.

const PARTS = ['hierarchy', 'pages', 'refresh'] as const
type Part = (typeof PARTS)[number]

/** Without `--devices`: as many as are written to a database, and as many as are simulated. */
const WRITTEN_DEVICES = 14_000
const SIMULATED_DEVICES = 1_000

interface ApiOptions {
  parts: Part[]
  devices?: number
  sites: number
  countries: number
  large?: number
  turns: number
  clients: number
  pace: number
  duration: number
  faulty: number
  timeout: number
  runs: number
  rate: number
  idle: number
  profile?: string
}

const command = new Command('bench:api')
  .description('What the API takes: the hierarchy, pages for many clients, pages during a refresh.')
  .addOption(
    new Option('--parts <list>', 'what is measured').argParser(parts).default(PARTS, PARTS.join(',')),
  )
  .addOption(
    new Option(
      '--devices <n>',
      `how many devices (default: ${WRITTEN_DEVICES}, and ${SIMULATED_DEVICES} simulated ones for the refresh)`,
    ).argParser(wholeNumber(1, 1_000_000)),
  )
  .addOption(countOption('--sites <n>', 'how many sites the devices are at', 1_400))
  .addOption(countOption('--countries <n>', 'how many countries the sites are in', 100))
  .addOption(
    new Option('--large <n>', 'measures pages of an inventory of this size, too').argParser(
      wholeNumber(1, 10_000_000),
    ),
  )
  .addOption(countOption('--turns <n>', 'how often the hierarchy is measured', 20))
  .addOption(countOption('--clients <n>', 'how many ask for pages at once', 50))
  .addOption(countOption('--pace <n>', 'pages a second that each of them asks for', 4))
  .option('--duration <duration>', 'how long they ask, in each way', duration, 10_000)
  .addOption(faultyOption(11))
  .addOption(timeoutOption())
  .addOption(
    countOption(
      '--runs <n>',
      'how often both are measured, idle and in a refresh; percentiles are of all together',
      1,
    ),
  )
  .addOption(countOption('--rate <n>', 'queries a second, idle and during a refresh', 20))
  .option('--idle <duration>', 'how long the idle gateway is asked', duration, 30_000)
  .option('--profile <folder>', 'has each gateway over a written inventory leave a CPU profile there')

await runBenchmark<ApiOptions>(command, async (options, stack) => {
  const { parts, profile } = options
  const size: InventorySize = {
    devices: options.devices ?? WRITTEN_DEVICES,
    sites: options.sites,
    countries: options.countries,
  }
  const sizes = options.large === undefined ? [size] : [size, enlarged(size, options.large)]
  let hierarchy: HierarchyResult | undefined
  const pages: PagesResult[] = []
  for (const each of parts.includes('pages') ? sizes : [size]) {
    if (!parts.includes('hierarchy') && !parts.includes('pages')) break
    tell(`writing ${each.devices} devices`)
    const database = await writeDatabase(stack, each, profile)
    if (each === size && parts.includes('hierarchy')) {
      hierarchy = await measureHierarchy(database, options.turns)
    }
    if (parts.includes('pages')) {
      pages.push(await measurePages(database, each, { ...options, durationMs: options.duration }))
    }
  }
  const runs = parts.includes('refresh')
    ? await measureDuringRefresh(stack, {
        ...options,
        devices: options.devices ?? SIMULATED_DEVICES,
        timeoutMs: options.timeout,
        idleMs: options.idle,
      })
    : []
  printReport({
    benchmark: command.name(),
    title: titleOf(size, options),
    tables: [
      ...(hierarchy ? hierarchyTables(hierarchy) : []),
      ...pageTables(pages),
      ...(runs.length > 0 ? refreshTables(runs) : []),
    ],
    notes: [...notesOf(options), ...usageNotes()],
    data: {
      options,
      hierarchy,
      pages,
      ...(runs.length > 0 && { runs: reportedRuns(runs), together: summaryOf(runs) }),
    },
  })
})

function titleOf({ devices, sites, countries }: InventorySize, options: ApiOptions): string {
  const { clients, faulty, rate, runs } = options
  const simulated = options.devices ?? SIMULATED_DEVICES
  const of: Readonly<Record<Part, string>> = {
    hierarchy: `The hierarchy of ${devices} devices in ${sites} sites in ${countries} countries, ${options.turns} times.`,
    pages: `Pages of the device list for ${clients} clients at once.`,
    refresh: `${simulated} simulated devices, ${faulty} of them stall; ${rate} queries a second; ${runs === 1 ? 'one run' : `${runs} runs together`}.`,
  }
  return options.parts.map((part) => of[part]).join('\n')
}

function notesOf({ parts, profile }: ApiOptions): string[] {
  const of: Readonly<Record<Part, string>> = {
    hierarchy:
      'Hierarchy: a device is changed before each query of the gateway, so that no answer that was kept can be it. Ratios are to the first row; on a busy machine that of the minima is the one to trust.',
    pages:
      'Pages: the process that asks has the same cores as the gateway; its share of one is its CPU. Different pages begin at different devices, all over the list.',
    refresh: 'A refresh is taken from the request for it to its end, the fetch of the inventory included.',
  }
  const slower = profile === undefined ? [] : ['With a profile gateways are slower than without.']
  return [...parts.map((part) => of[part]), ...slower]
}

/** With as many devices at a site, and as many countries. */
function enlarged(size: InventorySize, devices: number): InventorySize {
  const sites = Math.max(1, Math.round((size.sites * devices) / size.devices))
  return { ...size, devices, sites }
}

function parts(text: string): Part[] {
  return text.split(',').map((name) => {
    const part = PARTS.find((each) => each === name)
    if (part) return part
    throw new InvalidArgumentError(`The parts are ${PARTS.join(', ')}, with commas between them.`)
  })
}
