import type { Kysely } from 'kysely'
import type { Role } from '../base/caller.ts'
import type { OpenDatabase } from './opening/open-database.ts'
import type { Database } from './tables/database.ts'
import { jsonList } from './tables/json-values.ts'

/** An API token; its secret is not stored. Times are epoch milliseconds. */
export interface TokenRow {
  id: number
  /** Unique among the tokens that are not revoked. */
  name: string
  role: Role
  createdAt: number
  /** To the minute; null if it was never used. */
  lastUsedAt: number | null
  /** Null while it is valid. */
  revokedAt: number | null
}

const COLUMNS = [
  'id',
  'name',
  'role',
  'created_at as createdAt',
  'last_used_at as lastUsedAt',
  'revoked_at as revokedAt',
] as const

/** API tokens by the hashes of their secrets. Changes by another process are visible at once. */
export class TokenStore {
  readonly #db: Kysely<Database>
  readonly #withoutWaiting: OpenDatabase['withoutWaiting']

  constructor({ db, withoutWaiting }: Pick<OpenDatabase, 'db' | 'withoutWaiting'>) {
    this.#db = db
    this.#withoutWaiting = withoutWaiting
  }

  /** Creates a token. Returns null if there is one of this name that is not revoked. */
  async create(token: { name: string; role: Role; hash: string; at: number }): Promise<TokenRow | null> {
    const row = await this.#db
      .insertInto('tokens')
      .values({ name: token.name, role: token.role, hash: token.hash, created_at: token.at })
      .onConflict((conflict) => conflict.column('name').where('revoked_at', 'is', null).doNothing())
      .returning(COLUMNS)
      .executeTakeFirst()
    return row ?? null
  }

  /** Returns all tokens by name, and by age within a name; including revoked ones. */
  async all(): Promise<TokenRow[]> {
    return await this.#db.selectFrom('tokens').select(COLUMNS).orderBy('name').orderBy('id').execute()
  }

  /** Returns the token with this hash, even if it was revoked; null if there is none. */
  async byHash(hash: string): Promise<TokenRow | null> {
    const row = await this.#db
      .selectFrom('tokens')
      .select(COLUMNS)
      .where('hash', '=', hash)
      .executeTakeFirst()
    return row ?? null
  }

  /** Returns the ids that are not revoked. */
  async live(ids: readonly number[]): Promise<Set<number>> {
    const rows = await this.#db
      .selectFrom('tokens')
      .select('id')
      .where('id', 'in', jsonList(ids))
      .where('revoked_at', 'is', null)
      .execute()
    return new Set(rows.map(({ id }) => id))
  }

  /** Records a use. Rejects at once if another process is writing. */
  async noteUse(id: number, at: number): Promise<void> {
    await this.#withoutWaiting(async (db) => {
      await db.updateTable('tokens').set({ last_used_at: at }).where('id', '=', id).execute()
    })
  }

  /** Revokes a token. Returns false if there is no valid one of this name. */
  async revoke(name: string, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('tokens')
      .set({ revoked_at: at })
      .where('name', '=', name)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0n
  }
}
