import type { Kysely } from 'kysely'
import { LRUCache } from 'lru-cache'
import { type Capability, parseCapability } from '../netconf/protocol/capabilities.ts'
import type { Database } from './tables/database.ts'
import { jsonTable } from './tables/json-values.ts'

/** Capabilities of the sets that are kept in memory, all sets together: some ten megabytes. */
const MAX_KEPT = 25_000

/** What a hello advertised; devices that advertise the same share one. */
interface CapabilitySet {
  readonly id: number
  /** Sorted, parameters included. */
  readonly uris: readonly string[]
  /** The same, taken apart. */
  readonly capabilities: readonly Capability[]
}

interface KeptSet extends CapabilitySet {
  hash: string
}

/** Real fleets have a few dozen sets, which are large: those that were read last need not be read and taken apart again. */
export class CapabilityStore {
  readonly #db: Kysely<Database>
  readonly #kept = new LRUCache<number, KeptSet>({
    maxSize: MAX_KEPT,
    sizeCalculation: ({ uris }) => uris.length + 1,
  })

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** In any order; an id that does not exist has no row. */
  async byIds(ids: readonly number[]): Promise<CapabilitySet[]> {
    const kept = new Map(ids.map((id) => [id, this.#kept.get(id)]))
    // An id may have been given again, to another set, once its own was pruned: the hash tells.
    const hashes = ids.map((id) => ({ id, hash: kept.get(id)?.hash ?? null }))
    const rows = await this.#db
      .selectFrom(jsonTable('kept', ['id', 'hash'], hashes))
      .innerJoin('capability_sets', 'capability_sets.id', 'kept.id')
      .select(['capability_sets.id', 'capability_sets.hash'])
      .select((eb) =>
        eb
          .case()
          .when('kept.hash', '=', eb.ref('capability_sets.hash'))
          .then(null)
          .else(eb.ref('capability_sets.uris'))
          .end()
          .as('uris'),
      )
      .execute()
    return rows.flatMap(({ id, hash, uris }) =>
      uris === null ? (kept.get(id) ?? []) : this.#keep(id, hash, JSON.parse(uris)),
    )
  }

  #keep(id: number, hash: string, uris: readonly string[]): CapabilitySet {
    const set = { id, hash, uris, capabilities: uris.map(parseCapability) }
    this.#kept.set(id, set)
    return set
  }
}
