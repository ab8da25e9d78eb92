import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import { jsonList } from './json-values.ts'

/** What a hello advertised; devices that advertise the same share one. */
interface CapabilitySetRow {
  id: number
  /** Sorted, parameters included. */
  uris: string[]
}

export class CapabilityStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** In any order; an id that does not exist has no row. */
  async byIds(ids: readonly number[]): Promise<CapabilitySetRow[]> {
    const rows = await this.#db
      .selectFrom('capability_sets')
      .select(['id', 'uris'])
      .where('id', 'in', jsonList(ids))
      .execute()
    return rows.map(({ id, uris }) => ({ id, uris: JSON.parse(uris) }))
  }
}
