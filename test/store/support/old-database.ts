import { join } from 'node:path'
import { writeOldDatabase } from '../../support/old-schema.ts'
import { temporaryFolder } from './fixture.ts'

/** The path of a database as `writeOldDatabase` writes it, gone with the test. */
export async function oldDatabase(lastMigration: string, sql: string): Promise<string> {
  const path = join(await temporaryFolder(), 'rollcall.db')
  await writeOldDatabase(path, lastMigration, sql)
  return path
}
