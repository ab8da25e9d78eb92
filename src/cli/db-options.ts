import { RollcallError } from '../base/errors.ts'
import { loadConfig } from '../config/load.ts'
import { isPostgresUrl } from '../config/postgres-url.ts'
import { type DatabaseAddress, isDatabaseThere } from '../store/store.ts'
import { addressOf } from './options.ts'

/**
 * Returns the database of the configuration.
 *
 * @throws RollcallError NOT_FOUND if it is a file that does not exist
 */
export function existingDatabase(file: string | undefined): Required<DatabaseAddress> {
  const address = addressOf(loadConfig({ file, env: process.env, reads: [] }))
  if (isDatabaseThere(address)) return { postgres: {}, ...address }
  throw new RollcallError(
    'NOT_FOUND',
    `There is no database at ${address.database}; set \`database\`, or name the configuration with --config.`,
  )
}

/**
 * Returns the SQLite file of the configuration.
 *
 * @param advice what to do for a PostgreSQL database instead, as a sentence
 * @throws RollcallError NOT_FOUND if it does not exist, CONFLICT with the advice if it is in PostgreSQL
 */
export function existingSqliteFile(file: string | undefined, advice: string): string {
  const { database } = existingDatabase(file)
  if (!isPostgresUrl(database)) return database
  throw new RollcallError('CONFLICT', advice)
}

/** Formats a size in bytes: `812 KiB`, `1.4 MiB`. */
export function formatSize(bytes: number): string {
  const mebibytes = bytes / 2 ** 20
  return mebibytes < 1 ? `${Math.ceil(bytes / 1_024)} KiB` : `${mebibytes.toFixed(1)} MiB`
}
