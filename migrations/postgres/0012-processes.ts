import { type Kysely, sql } from 'kysely'

/** The processes that work on the database. No trigger notifies of their heartbeats, which change no answer. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table processes (
      name text collate "C" primary key,
      role text collate "C" not null,
      regions text not null,
      version text collate "C" not null,
      started_at bigint not null,
      last_seen_at bigint not null,
      is_active bigint not null,
      probes_in_flight bigint not null
    )`.execute(db)
}
