import { pipeline } from 'node:stream/promises'
import { Argument, Command, Option } from 'commander'
import { stringify } from 'csv-stringify/sync'
import { RollcallError } from '../base/errors.ts'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import { exportedDevice, hierarchyTexts, ndjsonTexts } from '../exports/export-texts.ts'
import type { DeviceListRow } from '../store/device-store.ts'
import { isDatabaseThere, openStore, type Store } from '../store/store.ts'
import { addressOf, CONFIG_OPTION } from './options.ts'

type What = 'hierarchy' | 'devices'

interface ExportOptions {
  config?: string
  format: 'json' | 'csv' | 'ndjson'
  all?: boolean
}

export const command = new Command('export')
  .description(
    'Prints the hierarchy {country: {site: {device: address}}} or the list of devices. ' +
      'As JSON, both are inventories again: the hierarchy, which has addresses only, ' +
      'for the same database; the list of devices, which has everything, for any.',
  )
  .addArgument(new Argument('<what>', 'what to print').choices(['hierarchy', 'devices']))
  .addOption(
    new Option('--format <format>', 'how to print it').choices(['json', 'csv', 'ndjson']).default('json'),
  )
  .addOption(new Option('--json', 'the same as --format json, the default').conflicts('format'))
  .option('--all', 'every active device, not only those that are supported')
  .option(...CONFIG_OPTION)
  .addHelpText('after', '\nExample:\n  rollcall export devices --all > inventory.json')
  .action(async (what: What, { config: file, format, all }: ExportOptions) => {
    const config = loadConfig({ file, env: process.env, reads: [] })
    if (!isDatabaseThere(config)) {
      throw new RollcallError(
        'NOT_FOUND',
        `There is no database at ${config.database} to export from; ` +
          'run `rollcall refresh` or `rollcall serve` first, or set `database`.',
      )
    }
    const store = await openStore({ ...addressOf(config), log: createLogger({ level: 'warn' }) })
    try {
      const selection = { supportedOnly: !all }
      await pipeline(textsOf(store, { what, format }, selection), process.stdout, { end: false })
    } finally {
      await store.close()
    }
  })

function textsOf(
  store: Store,
  { what, format }: { what: What; format: ExportOptions['format'] },
  selection: { supportedOnly: boolean },
): AsyncGenerator<string> {
  if (what === 'hierarchy' && format === 'json') return hierarchyTexts(store, selection)
  const toRow = what === 'devices' ? exportedDevice : placed
  const pieces = store.devices.list(selection)
  switch (format) {
    case 'json':
      return jsonTexts(pieces, toRow)
    case 'ndjson':
      return ndjsonTexts(pieces, toRow)
    case 'csv':
      return csvTexts(pieces, toRow)
  }
}

type ToRow = (row: DeviceListRow) => object

function placed({ country, site, name, address }: DeviceListRow) {
  return { country, site, device: name, address }
}

async function* jsonTexts(pieces: AsyncIterable<DeviceListRow[]>, toRow: ToRow): AsyncGenerator<string> {
  let before = '['
  for await (const rows of pieces) {
    yield before + rows.map((row) => `\n  ${JSON.stringify(toRow(row))}`).join(',')
    before = ','
  }
  yield before === '[' ? '[]\n' : '\n]\n'
}

async function* csvTexts(pieces: AsyncIterable<DeviceListRow[]>, toRow: ToRow): AsyncGenerator<string> {
  let header = true
  for await (const rows of pieces) {
    yield stringify(rows.map(toRow), { header, cast: { boolean: String }, escape_formulas: true })
    header = false
  }
}
