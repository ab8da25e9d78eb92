import { type Kysely, sql } from 'kysely'

/** The phase of the last probe beside its outcome, and an index for each property that devices are filtered by. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db
  await schema.alterTable('devices').addColumn('last_phase', 'text').execute()
  await sql`
    update devices set last_phase = (select phase from probes where probes.id = devices.last_probe_id)
    where last_probe_id is not null`.execute(db)
  await schema.createIndex('devices_phase').on('devices').columns(['last_phase', 'lifecycle']).execute()
  await schema.createIndex('device_facts_vendor').on('device_facts').column('vendor').execute()
  await schema.createIndex('device_facts_model').on('device_facts').column('model').execute()
  await schema.createIndex('host_keys_offered').on('host_keys').column('offered_fingerprint').execute()
}
