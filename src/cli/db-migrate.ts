import { Command } from 'commander'
import { createLogger } from '../base/log.ts'
import { dueMigrations, migrateDatabase } from '../store/maintenance/migrate-database.ts'
import { existingDatabase } from './db-options.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson, tell } from './output.ts'

interface MigrateOptions {
  config?: string
  dryRun?: boolean
  json?: boolean
}

export const command = new Command('migrate')
  .description(
    'Brings the database to this version, as `serve` does when it starts. ' +
      'All migrations are applied, or none.',
  )
  .option('--dry-run', 'print the migrations that are due, and change nothing')
  .option(...CONFIG_OPTION)
  .option('--json', 'print the names of the migrations as JSON')
  .addHelpText('after', '\nExample:\n  rollcall db migrate --dry-run')
  .action(async ({ config, dryRun = false, json }: MigrateOptions) => {
    const { database, postgres } = existingDatabase(config)
    const due = await dueMigrations(database, postgres)
    if (due.length > 0 && !dryRun) {
      await migrateDatabase(database, postgres, createLogger({ level: 'warn' }))
    }
    if (json) printJson(due)
    else if (due.length > 0) print(due.join('\n'))
    if (due.length === 0) tell('The database is up to date.')
    else tell(dryRun ? `Migrations that are due: ${due.length}.` : `Migrations applied: ${due.length}.`)
  })
