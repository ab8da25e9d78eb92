import { type Kysely, sql } from 'kysely'
import type { Database } from './tables/database.ts'
import { DATABASE_NOW } from './tables/per-dialect.ts'

/** The engine that worked last. */
export interface EngineRow {
  term: number
  /** The name of its process; null once it has ended in order. */
  holder: string | null
  /** How long ago it wrote its state, by the clock of the database. */
  unseenMs: number
  /** What it wrote; null until it has written something. */
  state: string | null
}

/** What the engine that works tells the other processes about itself. */
export class EngineStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Stores the state of the engine of this term, which shows that it works. */
  async publish(term: number, state: string): Promise<void> {
    await this.#db
      .updateTable('engine')
      .set({ state, seen_at: DATABASE_NOW })
      .where('term', '=', term)
      .execute()
  }

  /** Returns null if no engine has ever worked. */
  async current(): Promise<EngineRow | null> {
    const row = await this.#db
      .selectFrom('engine')
      .select(['term', 'holder', 'state'])
      .select(sql<number>`${DATABASE_NOW} - seen_at`.as('unseenMs'))
      .executeTakeFirst()
    return row ?? null
  }
}
