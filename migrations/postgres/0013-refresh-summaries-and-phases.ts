import { type Kysely, sql } from 'kysely'

/** How long each phase of a probe took, and what the inventory looked like at the end of a refresh. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table probes add column phases text`.execute(db)
  await sql`alter table refreshes add column summary text`.execute(db)
}
