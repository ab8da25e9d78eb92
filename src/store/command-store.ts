import { type Kysely, sql } from 'kysely'
import type { Database } from './tables/database.ts'
import { jsonList } from './tables/json-values.ts'
import { DATABASE_NOW } from './tables/per-dialect.ts'

/** The most commands that an engine takes at once. */
const AT_ONCE = 100

/** Nobody waits for a command, or its answer, for longer. */
const KEPT_MS = 3_600_000

export interface Command {
  id: number
  /** A method of `EngineCommands`. */
  name: string
  /** A list as JSON. */
  arguments: string
}

/** Where a command stands. */
export type CommandProgress =
  | { state: 'SENT' }
  /** An engine of this term does it. */
  | { state: 'TAKEN'; term: number }
  /** JSON. */
  | { state: 'ANSWERED'; answer: string }

/** The commands of other processes to the engine. Each is done at most once. */
export class CommandStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Sends a command, and returns its id. */
  async send(command: Omit<Command, 'id'>): Promise<number> {
    const { id } = await this.#db
      .insertInto('engine_commands')
      .values({ ...command, sent_at: DATABASE_NOW })
      .returning('id')
      .executeTakeFirstOrThrow()
    return id
  }

  /**
   * Takes the commands that no engine has taken, oldest first.
   *
   * @param sentWithinMs leaves out older ones, whose senders have given up
   */
  async take(term: number, { sentWithinMs }: { sentWithinMs: number }): Promise<Command[]> {
    const taken = await this.#db
      .updateTable('engine_commands')
      .set({ term })
      .where('term', 'is', null)
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('engine_commands')
          .select('id')
          .where('term', 'is', null)
          .where('sent_at', '>=', sql<number>`${DATABASE_NOW} - ${sentWithinMs}`)
          .orderBy('id')
          .limit(AT_ONCE),
      )
      .returning(['id', 'name', 'arguments'])
      .execute()
    return taken.sort((one, other) => one.id - other.id)
  }

  /** Stores the answer of a command. */
  async answer(id: number, answer: string): Promise<void> {
    await this.#db.updateTable('engine_commands').set({ answer }).where('id', '=', id).execute()
  }

  /** Returns where commands stand, by their ids. One that was removed is left out. */
  async progress(ids: readonly number[]): Promise<Map<number, CommandProgress>> {
    const rows = await this.#db
      .selectFrom('engine_commands')
      .select(['id', 'term', 'answer'])
      .where('id', 'in', jsonList(ids))
      .execute()
    return new Map(rows.map(({ id, ...row }) => [id, progressOf(row)]))
  }

  /** Removes a command unless an engine has taken it, and tells whether it did: then none will take it. */
  async withdraw(id: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('engine_commands')
      .where('id', '=', id)
      .where('term', 'is', null)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  /** Removes a command whose answer has been read. */
  async remove(id: number): Promise<void> {
    await this.#db.deleteFrom('engine_commands').where('id', '=', id).execute()
  }

  /** Removes the commands for whose answers nobody waits any more. */
  async prune(): Promise<void> {
    await this.#db
      .deleteFrom('engine_commands')
      .where('sent_at', '<', sql<number>`${DATABASE_NOW} - ${sql.lit(KEPT_MS)}`)
      .execute()
  }
}

function progressOf({ term, answer }: { term: number | null; answer: string | null }): CommandProgress {
  if (answer !== null) return { state: 'ANSWERED', answer }
  return term === null ? { state: 'SENT' } : { state: 'TAKEN', term }
}
