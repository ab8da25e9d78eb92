import type { Kysely } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { Database } from '../tables/database.ts'
import { DATABASE_NOW } from '../tables/per-dialect.ts'

/** The only row of the table. */
const ID = 1

export interface BegunTerm {
  term: number
  /** Whether the engine before ended in order, so that nothing of it runs any more. */
  isAfterEnd: boolean
}

/**
 * Begins the term of another engine. Transactions write one after the other, so none of an earlier term is
 * under way then, and none begins later: each compares its term.
 *
 * @param holder the name of the engine's process
 */
export async function beginTerm(db: Kysely<Database>, holder: string): Promise<BegunTerm> {
  return await db.transaction().execute(async (transaction) => {
    const last = await transaction.selectFrom('engine').select(['term', 'holder']).executeTakeFirst()
    const term = (last?.term ?? 0) + 1
    const values = { term, holder, seen_at: DATABASE_NOW, state: null }
    await transaction
      .insertInto('engine')
      .values({ id: ID, ...values })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
      .execute()
    // One that died is still listed for some seconds.
    await transaction.updateTable('processes').set({ is_active: 0 }).where('name', '!=', holder).execute()
    return { term, isAfterEnd: (last?.holder ?? null) === null }
  })
}

/** Records that the engine of this term has ended in order, unless another has taken over. */
export async function endTerm(db: Kysely<Database>, term: number): Promise<void> {
  await db.updateTable('engine').set({ holder: null, state: null }).where('term', '=', term).execute()
}

/** Refuses what an engine writes after its term. */
export interface Fence {
  term: number
  /** Whether this process knows already that the term is over. */
  isOver: () => boolean
}

export const TERM_OF_ENGINE = 'select term from engine'

/** Returns what is thrown if an engine writes after its term. */
export function termIsOver(): RollcallError {
  return new RollcallError(
    'DATABASE_UNAVAILABLE',
    'This process lost its connection to the database, and another one may work as the engine now; ' +
      'what it was about to write was not written.',
    { publicMessage: 'Another process works as the engine now.' },
  )
}
