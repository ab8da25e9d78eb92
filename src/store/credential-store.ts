import type { Kysely } from 'kysely'
import type { CredentialState, Database } from './tables/database.ts'
import { jsonTable } from './tables/json-values.ts'

export { CREDENTIAL_STATES } from './tables/database.ts'

/** The state of a credential of the configuration, without its secret. */
export interface CredentialRow {
  name: string
  state: CredentialState
  /** Rejected logins in a row, over all devices. */
  rejections: number
  /** Epoch milliseconds; null if it is not suspended. */
  suspendedAt: number | null
}

/** States of credentials, by their names in the configuration. */
export class CredentialStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Returns all credentials by name, including those that the configuration no longer has. */
  async all(): Promise<CredentialRow[]> {
    return await this.#db
      .selectFrom('credentials')
      .select(['name', 'state', 'rejections', 'suspended_at as suspendedAt'])
      .orderBy('name')
      .execute()
  }

  /** Inserts rows, or replaces those of the same names; all or nothing. */
  async put(rows: readonly CredentialRow[]): Promise<void> {
    const columns = ['name', 'state', 'rejections', 'suspendedAt'] as const
    await this.#db
      .replaceInto('credentials')
      .columns(['name', 'state', 'rejections', 'suspended_at'])
      .expression((eb) => eb.selectFrom(jsonTable('given', columns, rows)).select(columns))
      .execute()
  }
}
