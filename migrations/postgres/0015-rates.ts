import { type Kysely, sql } from 'kysely'

/** A table that counts over all processes how much callers of the API have used of their limits. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table rates (key text collate "C" primary key, points bigint not null, ends_at bigint not null)
  `.execute(db)
}
