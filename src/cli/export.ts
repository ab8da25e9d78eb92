import { existsSync } from 'node:fs'
import { Argument, Command, Option } from 'commander'
import { stringify } from 'csv-stringify/sync'
import { RollcallError } from '../base/errors.ts'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import type { HierarchyRow } from '../store/device-store.ts'
import { openStore } from '../store/store.ts'
import { CONFIG_OPTION } from './options.ts'

interface ExportOptions {
  config?: string
  format: 'json' | 'csv' | 'ndjson'
  all?: boolean
}

export const command = new Command('export')
  .description('Prints {country: {site: {device: address}}}, or the list of devices.')
  .addArgument(new Argument('<what>', 'what to print').choices(['hierarchy', 'devices']))
  .addOption(
    new Option('--format <format>', 'how to print it').choices(['json', 'csv', 'ndjson']).default('json'),
  )
  .option('--all', 'every active device, not only those that are supported')
  .option(...CONFIG_OPTION)
  .addHelpText('after', '\nExample:\n  rollcall export hierarchy --all > inventory.json')
  .action(async (what: 'hierarchy' | 'devices', { config: file, format, all }: ExportOptions) => {
    const { database } = loadConfig({ file, env: process.env })
    if (!existsSync(database)) {
      throw new RollcallError(
        'NOT_FOUND',
        `There is no database at ${database} to export from; run \`rollcall refresh\` or \`rollcall serve\` first, or set \`database\`.`,
      )
    }
    const store = await openStore({ path: database, log: createLogger({ level: 'warn' }) })
    try {
      const selection = { supportedOnly: !all }
      if (what === 'devices') write(format, (await store.devices.list(selection)).map(withTimes))
      else if (format === 'json') writeJson(nested(await store.devices.hierarchy(selection)))
      else write(format, await store.devices.hierarchy(selection))
    } finally {
      await store.close()
    }
  })

function write(format: ExportOptions['format'], rows: readonly object[]): void {
  if (format === 'json') writeJson(rows)
  else if (format === 'csv')
    process.stdout.write(
      stringify([...rows], { header: true, cast: { boolean: String }, escape_formulas: true }),
    )
  else process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

function withTimes<T extends { lastProbedAt: number | null }>(row: T) {
  return { ...row, lastProbedAt: row.lastProbedAt === null ? null : new Date(row.lastProbedAt).toISOString() }
}

type Hierarchy = Record<string, Record<string, Record<string, string>>>

/** Without prototypes: a site may be called `__proto__`. */
function nested(rows: readonly HierarchyRow[]): Hierarchy {
  const countries: Hierarchy = Object.create(null)
  for (const { country, site, device, address } of rows) {
    const sites: Hierarchy[string] = countries[country] ?? Object.create(null)
    const devices: Hierarchy[string][string] = sites[site] ?? Object.create(null)
    devices[device] = address
    sites[site] = devices
    countries[country] = sites
  }
  return countries
}
