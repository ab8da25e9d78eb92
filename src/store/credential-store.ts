import type { Kysely } from 'kysely'
import type { CredentialState, Database } from './tables/database.ts'
import { jsonTable } from './tables/json-values.ts'

export { CREDENTIAL_STATES } from './tables/database.ts'

/** Where a credential of the configuration stands. It holds no secret. */
export interface CredentialRow {
  name: string
  state: CredentialState
  /** Rejected logins in a row, over all devices. */
  rejections: number
  /** Epoch milliseconds; null where it is not suspended. */
  suspendedAt: number | null
}

/** What has been found of credentials, by their names in the configuration. */
export class CredentialStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** By name; also those that the configuration has no more. */
  async all(): Promise<CredentialRow[]> {
    return await this.#db
      .selectFrom('credentials')
      .select(['name', 'state', 'rejections', 'suspended_at as suspendedAt'])
      .orderBy('name')
      .execute()
  }

  /** Adds rows, or puts them in the place of those of the same names, all or none. */
  async put(rows: readonly CredentialRow[]): Promise<void> {
    const columns = ['name', 'state', 'rejections', 'suspendedAt'] as const
    await this.#db
      .replaceInto('credentials')
      .columns(['name', 'state', 'rejections', 'suspended_at'])
      .expression((eb) => eb.selectFrom(jsonTable('given', columns, rows)).select(columns))
      .execute()
  }
}
