import { hash } from 'node:crypto'
import type { Transaction } from 'kysely'
import { parseCapability } from '../../netconf/protocol/capabilities.ts'
import type { Database } from '../tables/database.ts'
import { jsonList, jsonTable } from '../tables/json-values.ts'
import { ALWAYS } from '../tables/per-dialect.ts'

/** Real fleets have a few dozen sets. The limit is for a peer that invents a new set each time. */
const MAX_REMEMBERED = 10_000

/** Hashes by the array of URIs: reports of devices with the same capabilities share one array. */
const hashes = new WeakMap<readonly string[], string>()

/** @param uris sorted and without duplicates, as a probe reports them; never changed */
export function hashOfSet(uris: readonly string[]): string {
  const known = hashes.get(uris)
  if (known !== undefined) return known
  const found = hash('sha256', uris.join('\n'))
  hashes.set(uris, found)
  return found
}

/** Finds or creates the rows of capability sets, and remembers their ids. */
export class CapabilitySetWriter {
  readonly #ids = new Map<string, number>()

  /**
   * Returns the row id of each set, by hash. New rows are not remembered, because the transaction may still
   * fail: call `remember` after the commit.
   *
   * @param sets URIs by hash
   */
  async idsOf(
    transaction: Transaction<Database>,
    sets: ReadonlyMap<string, readonly string[]>,
  ): Promise<Map<string, number>> {
    const ids = new Map<string, number>()
    const unknown = new Map<string, readonly string[]>()
    for (const [setHash, uris] of sets) {
      const id = this.#ids.get(setHash)
      if (id === undefined) unknown.set(setHash, uris)
      else ids.set(setHash, id)
    }
    if (unknown.size > 0) {
      await create(transaction, unknown)
      const rows = await transaction
        .selectFrom('capability_sets')
        .select(['id', 'hash'])
        .where('hash', 'in', jsonList([...unknown.keys()]))
        .execute()
      for (const { id, hash: setHash } of rows) ids.set(setHash, id)
    }
    return ids
  }

  remember(ids: ReadonlyMap<string, number>): void {
    if (this.#ids.size + ids.size > MAX_REMEMBERED) this.#ids.clear()
    for (const [setHash, id] of ids) this.#ids.set(setHash, id)
  }

  /** Forgets a row; called in the transaction that deletes it. */
  forget(id: number): void {
    for (const [setHash, known] of this.#ids) if (known === id) this.#ids.delete(setHash)
  }
}

/** Creates rows for the sets, except for those that another process, or an earlier run, has created. */
async function create(
  transaction: Transaction<Database>,
  sets: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const rows = [...sets].map(([setHash, uris]) => ({ hash: setHash, uris: JSON.stringify(uris) }))
  const created = await transaction
    .insertInto('capability_sets')
    .columns(['hash', 'uris'])
    .expression((eb) =>
      eb
        .selectFrom(jsonTable('given', { hash: 'text', uris: 'text' }, rows))
        .select(['given.hash', 'given.uris'])
        .where(ALWAYS),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id', 'hash'])
    .execute()
  const members = created.flatMap(({ id, hash: setHash }) =>
    (sets.get(setHash) ?? []).map((uri) => {
      const { namespace, module, revision } = parseCapability(uri)
      return { setId: id, uri, namespace, module, revision }
    }),
  )
  await transaction
    .insertInto('capability_set_members')
    .columns(['set_id', 'uri', 'namespace', 'module', 'revision'])
    .expression((eb) =>
      eb
        .selectFrom(
          jsonTable(
            'given',
            { setId: 'integer', uri: 'text', namespace: 'text', module: 'text', revision: 'text' },
            members,
          ),
        )
        .select(['given.setId', 'given.uri', 'given.namespace', 'given.module', 'given.revision']),
    )
    .execute()
}
