import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import { isPostgresUrl, parsePostgresUrl } from '../config/postgres-url.ts'
import { showWork } from './db-progress.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson, tell } from './output.ts'
import { abortWith, stopRequested } from './signals.ts'
import { table } from './table.ts'

interface CopyOptions {
  from?: string
  to: string
  passwordEnv?: string
  config?: string
  json?: boolean
}

export const command = new Command('copy')
  .description(
    'Copies everything from a SQLite file into an empty PostgreSQL database, and compares it there. ' +
      'No gateway may be running. If it fails, the target stays empty, and the command can be repeated.',
  )
  .option('--from <file>', 'the SQLite file (default: the database of the configuration)')
  .requiredOption('--to <url>', 'the PostgreSQL database: postgres://USER@HOST/DATABASE')
  .option(
    '--password-env <name>',
    'the variable with the password (default: as `postgres` in the configuration)',
  )
  .option(...CONFIG_OPTION)
  .option('--json', 'print the tables with their numbers of rows and hashes as JSON')
  .addHelpText(
    'after',
    '\nExample:\n  rollcall db copy --from ./rollcall.db --to postgres://rollcall@db.example.net/rollcall',
  )
  .action(async ({ from: given, to, passwordEnv, config: file, json }: CopyOptions) => {
    const from = sourceFile(given, file)
    const login = loginTo(to, { passwordEnv, file })
    const { copyDatabase } = await import('../store/maintenance/copy-database.ts')
    const work = showWork('copy')
    const copied = await copyDatabase({
      from,
      to,
      login,
      log: createLogger({ level: 'warn' }),
      onProgress: work.note,
      signal: abortWith(stopRequested(), 'Stopped; the target is as empty as it was.'),
    }).finally(work.end)
    if (json) printJson(copied)
    else print(table([['TABLE', 'ROWS'], ...copied.map((each) => [each.table, String(each.rows)])]))
    tell(`Everything was copied. Set \`database: ${to}\` in the configuration, and keep ${from} as a backup.`)
  })

function sourceFile(given: string | undefined, file: string | undefined): string {
  const path = given === undefined ? loadConfig({ file, env: process.env, reads: [] }).database : given
  if (isPostgresUrl(path)) {
    throw new RollcallError('USAGE', 'The source must be a SQLite file; name it with --from.')
  }
  if (existsSync(path)) return resolve(path)
  throw new RollcallError('NOT_FOUND', `There is no database at ${path}; name another file with --from.`)
}

/** Returns what logs in to the target, as the configuration has it for its own database. */
function loginTo(
  to: string,
  { passwordEnv, file }: { passwordEnv: string | undefined; file: string | undefined },
) {
  const place = parsePostgresUrl(to)
  if ('problem' in place) throw new RollcallError('USAGE', `--to ${place.problem}.`)
  const env = { ...process.env, ROLLCALL_DATABASE: to }
  const { postgres } = loadConfig({ file, env, reads: [] })
  if (passwordEnv === undefined) return postgres
  const password = process.env[passwordEnv]
  if (password) return { ...postgres, password }
  throw new RollcallError('USAGE', `--password-env names ${passwordEnv}, which is not set.`)
}
