import { Command } from 'commander'
import { checkDatabase } from '../store/maintenance/check-database.ts'
import { existingDatabase } from './db-options.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson, tell } from './output.ts'
import { table } from './table.ts'

export const command = new Command('check')
  .description(
    'Checks the database for damage, also while a gateway is running, and counts its rows. ' +
      'It writes nothing.',
  )
  .option(...CONFIG_OPTION)
  .option('--json', 'print what was found as JSON')
  .addHelpText('after', '\nExample:\n  rollcall db check')
  .action(async ({ config, json }: { config?: string; json?: boolean }) => {
    const { database, postgres } = existingDatabase(config)
    const check = await checkDatabase(database, postgres)
    const { due, rows, problems } = check
    if (json) printJson(check)
    else
      print(
        table([
          ['TABLE', 'ROWS'],
          ...Object.entries(rows).map(([name, count]) => [name, String(count ?? 'unreadable')]),
        ]),
      )
    if (due.length > 0 && problems.length === 0) {
      tell(`rollcall: The database is of an older version; \`rollcall db migrate\` brings it up to date.`)
    }
    if (problems.length === 0) {
      if (!json) print(`\nNo damage was found in ${check.database}.`)
      return
    }
    for (const problem of problems) tell(`rollcall: ${problem}`)
    tell('rollcall: Restore the database from a backup.')
    process.exitCode = 1
  })
