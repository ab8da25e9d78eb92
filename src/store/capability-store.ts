import type { Kysely } from 'kysely'
import { LRUCache } from 'lru-cache'
import { type Capability, parseCapability } from '../netconf/protocol/capabilities.ts'
import type { Database } from './tables/database.ts'
import { jsonTable } from './tables/json-values.ts'

/** The number of capabilities kept in memory, over all sets: some ten megabytes. */
const MAX_KEPT = 25_000

/** The capabilities that a hello advertised; devices that advertise the same share one set. */
interface CapabilitySet {
  readonly id: number
  /** Sorted, parameters included. */
  readonly uris: readonly string[]
  /** The same, parsed. */
  readonly capabilities: readonly Capability[]
}

interface KeptSet extends CapabilitySet {
  hash: string
}

/**
 * Capability sets, with a cache: real fleets have a few dozen large sets, which need not be read and parsed
 * again.
 */
export class CapabilityStore {
  readonly #db: Kysely<Database>
  readonly #kept = new LRUCache<number, KeptSet>({
    maxSize: MAX_KEPT,
    sizeCalculation: ({ uris }) => uris.length + 1,
  })

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Returns rows in any order; an id that does not exist has none. */
  async byIds(ids: readonly number[]): Promise<CapabilitySet[]> {
    const kept = new Map(ids.map((id) => [id, this.#kept.get(id)]))
    // The hash tells whether the id was reused for another set after its own was pruned.
    const hashes = ids.map((id) => ({ id, hash: kept.get(id)?.hash ?? null }))
    const rows = await this.#db
      .selectFrom(jsonTable('kept', { id: 'integer', hash: 'text' }, hashes))
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
