import type { Kysely, Transaction } from 'kysely'
import type { DeviceLifecycle } from '../../../src/inventory/record.ts'
import type { ProbeOutcome, ProbePhase } from '../../../src/netconf/outcome/outcome.ts'
import type { Database } from '../../../src/store/tables/database.ts'

/** A device with all that filters and orders ask of it. */
export interface PlainDevice {
  id: number
  name: string
  address: string
  platform: string | null
  vendor: string | null
  model: string | null
  osVersion: string | null
  lifecycle: DeviceLifecycle
  /** Of the last probe; null as `probedAt` where there was none. */
  outcome: ProbeOutcome | null
  phase: ProbePhase | null
  probedAt: number | null
  seenAt: number
  /** Whether it shows another key than the one it is known by; null if it showed none. */
  keyChanged: boolean | null
  /** The credential that the inventory names. */
  credential: string | null
  backOffUntil: number | null
  /** Of the last opened session; null where there was none. */
  capabilities: { uri: string; module: string | null; revision: string | null }[] | null
  site: { id: number; name: string; country: { id: number; name: string; region: string | null } }
}

/** Devices per statement: SQLite takes 32,766 variables. */
const BATCH = 1_000

const KEY = { algorithm: 'ssh-ed25519', fingerprint: 'SHA256:known', first_seen_at: 1 }

/** Puts devices into a database by another connection, or in the place of others. */
export class FleetWriter {
  readonly #db: Kysely<Database>
  readonly #sets = new Map<string, number>()

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  async write(devices: readonly PlainDevice[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (let from = 0; from < devices.length; from += BATCH) {
        await this.#write(transaction, devices.slice(from, from + BATCH))
      }
    })
  }

  async #write(db: Transaction<Database>, devices: readonly PlainDevice[]): Promise<void> {
    const sites = [...new Map(devices.map(({ site }) => [site.id, site])).values()]
    const countries = [...new Map(sites.map(({ country }) => [country.id, country])).values()]
    await db
      .insertInto('countries')
      .values(countries)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await db
      .insertInto('sites')
      .values(sites.map(({ id, name, country }) => ({ id, name, country_id: country.id })))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const rows = []
    for (const device of devices) {
      const { outcome, capabilities } = device
      rows.push({
        id: device.id,
        site_id: device.site.id,
        name: device.name,
        address: device.address,
        port: 830,
        source: 'global',
        platform: device.platform,
        credential: device.credential,
        back_off_until: device.backOffUntil,
        lifecycle: device.lifecycle,
        first_seen_at: 1,
        last_seen_at: device.seenAt,
        last_outcome: outcome,
        last_phase: device.phase,
        last_probed_at: device.probedAt,
        netconf_supported: outcome === null ? null : Number(outcome === 'SUPPORTED'),
        capability_set_id: capabilities === null ? null : await this.#setOf(db, capabilities),
      })
    }
    await db
      .insertInto('devices')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          site_id: eb.ref('excluded.site_id'),
          name: eb.ref('excluded.name'),
          address: eb.ref('excluded.address'),
          platform: eb.ref('excluded.platform'),
          credential: eb.ref('excluded.credential'),
          back_off_until: eb.ref('excluded.back_off_until'),
          lifecycle: eb.ref('excluded.lifecycle'),
          last_seen_at: eb.ref('excluded.last_seen_at'),
          last_outcome: eb.ref('excluded.last_outcome'),
          last_phase: eb.ref('excluded.last_phase'),
          last_probed_at: eb.ref('excluded.last_probed_at'),
          netconf_supported: eb.ref('excluded.netconf_supported'),
          capability_set_id: eb.ref('excluded.capability_set_id'),
        })),
      )
      .execute()
    const ids = devices.map(({ id }) => id)
    await db.deleteFrom('device_facts').where('device_id', 'in', ids).execute()
    const facts = devices.flatMap(({ id, vendor, model, osVersion }) =>
      vendor === null && model === null && osVersion === null
        ? []
        : [{ device_id: id, vendor, model, os_version: osVersion, read_from: 'junos' }],
    )
    if (facts.length > 0) await db.insertInto('device_facts').values(facts).execute()
    await db.deleteFrom('host_keys').where('device_id', 'in', ids).execute()
    const keys = devices.flatMap(({ id, keyChanged }) =>
      keyChanged === null
        ? []
        : [{ ...KEY, device_id: id, offered_fingerprint: keyChanged ? 'SHA256:other' : null }],
    )
    if (keys.length > 0) await db.insertInto('host_keys').values(keys).execute()
  }

  async #setOf(
    db: Transaction<Database>,
    capabilities: NonNullable<PlainDevice['capabilities']>,
  ): Promise<number> {
    const hash = JSON.stringify(capabilities)
    const known = this.#sets.get(hash)
    if (known !== undefined) return known
    const id = this.#sets.size + 1
    this.#sets.set(hash, id)
    await db.insertInto('capability_sets').values({ id, hash, uris: '[]' }).execute()
    const members = capabilities.map((each) => ({ ...each, set_id: id, namespace: each.uri }))
    if (members.length > 0) await db.insertInto('capability_set_members').values(members).execute()
    return id
  }
}
