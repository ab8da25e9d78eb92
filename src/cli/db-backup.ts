import { resolve } from 'node:path'
import { Command } from 'commander'
import { backUpSqlite } from '../store/sqlite/backup.ts'
import { existingSqliteFile, formatSize } from './db-options.ts'
import { showWork } from './db-progress.ts'
import { CONFIG_OPTION } from './options.ts'
import { printJson, tell } from './output.ts'
import { abortWith, stopRequested } from './signals.ts'

interface BackupOptions {
  config?: string
  force?: boolean
  json?: boolean
}

export const command = new Command('backup')
  .description(
    'Writes a copy of the database to a file, also while a gateway is running. It is of one moment.',
  )
  .argument('<file>', 'where to; only its user may read it')
  .option('--force', 'replace the file if it exists')
  .option(...CONFIG_OPTION)
  .option('--json', 'print file and size as JSON')
  .addHelpText('after', '\nExample:\n  rollcall db backup /backup/rollcall.db --force')
  .action(async (file: string, { config, force = false, json }: BackupOptions) => {
    const path = existingSqliteFile(
      config,
      'The database is one of PostgreSQL, which has a tool for this; ' +
        'run `pg_dump --format=custom --file=FILE URL`, also while a gateway is running.',
    )
    const target = resolve(file)
    const work = showWork('backup')
    const signal = abortWith(stopRequested(), 'Stopped; no backup was written.')
    try {
      const size = await backUpSqlite({ path, target, replace: force, onProgress: work.note, signal })
      work.end()
      if (json) printJson({ file: target, bytes: size })
      tell(`The backup of ${path} is in ${target} (${formatSize(size)}).`)
    } finally {
      work.end()
    }
  })
