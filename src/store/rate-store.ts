import { type Kysely, sql } from 'kysely'
import type { Database } from './tables/database.ts'
import { DATABASE_NOW } from './tables/per-dialect.ts'

/** Counts what callers use of their limits, over all processes, by the clock of the database. */
export class RateStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /**
   * Adds to the points of a key. They begin again at 0 some time (`windowMs`) after the first of them.
   *
   * @returns the points so far, and the milliseconds until they begin again
   */
  async add(key: string, points: number, windowMs: number): Promise<{ points: number; leftMs: number }> {
    return await this.#db
      .insertInto('rates')
      .values({ key, points, ends_at: sql<number>`${DATABASE_NOW} + ${sql.lit(windowMs)}` })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({
          points: eb
            .case()
            .when('rates.ends_at', '<=', DATABASE_NOW)
            .then(eb.ref('excluded.points'))
            .else(eb('rates.points', '+', eb.ref('excluded.points')))
            .end(),
          ends_at: eb
            .case()
            .when('rates.ends_at', '<=', DATABASE_NOW)
            .then(eb.ref('excluded.ends_at'))
            .else(eb.ref('rates.ends_at'))
            .end(),
        })),
      )
      .returning('points')
      .returning(sql<number>`ends_at - ${DATABASE_NOW}`.as('leftMs'))
      .executeTakeFirstOrThrow()
  }

  /** Removes the keys whose points have begun again. */
  async prune(): Promise<void> {
    await this.#db.deleteFrom('rates').where('ends_at', '<=', DATABASE_NOW).execute()
  }
}
