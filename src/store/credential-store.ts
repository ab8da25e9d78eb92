import type { Kysely } from 'kysely'
import type { CredentialState, Database } from './tables/database.ts'
import { columnsOf, jsonTable } from './tables/json-values.ts'
import { ALWAYS } from './tables/per-dialect.ts'

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
    const kinds = { name: 'text', state: 'text', rejections: 'integer', suspendedAt: 'integer' } as const
    await this.#db
      .insertInto('credentials')
      .columns(['name', 'state', 'rejections', 'suspended_at'])
      .expression((eb) =>
        eb
          .selectFrom(jsonTable('given', kinds, rows))
          .select(columnsOf(kinds))
          .where(ALWAYS),
      )
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((eb) => ({
          state: eb.ref('excluded.state'),
          rejections: eb.ref('excluded.rejections'),
          suspended_at: eb.ref('excluded.suspended_at'),
        })),
      )
      .execute()
  }
}
