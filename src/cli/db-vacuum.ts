import { statSync } from 'node:fs'
import { Command } from 'commander'
import { vacuumSqlite } from '../store/sqlite/open.ts'
import { existingSqliteFile, formatSize } from './db-options.ts'
import { CONFIG_OPTION } from './options.ts'
import { printJson, tell } from './output.ts'

export const command = new Command('vacuum')
  .description(
    'Shrinks the file of the database to what it holds. No gateway may be running. ' +
      'Meanwhile it needs twice its size again on the disk.',
  )
  .option(...CONFIG_OPTION)
  .option('--json', 'print the sizes before and after as JSON')
  .addHelpText('after', '\nExample:\n  rollcall db vacuum')
  .action(async ({ config, json }: { config?: string; json?: boolean }) => {
    const path = existingSqliteFile(
      config,
      'The database is one of PostgreSQL, which does this by itself; ' +
        'to shrink its files, run `vacuumdb --full` on it while no gateway is running.',
    )
    const before = statSync(path).size
    await vacuumSqlite(path)
    const after = statSync(path).size
    if (json) printJson({ file: path, bytesBefore: before, bytesAfter: after })
    tell(`The database ${path} has ${formatSize(after)}; it had ${formatSize(before)}.`)
  })
