import Sqlite from 'better-sqlite3'
import type { DeviceLifecycle } from '../../../src/inventory/record.ts'
import type { ProbeOutcome, ProbePhase } from '../../../src/netconf/protocol/outcome.ts'

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
  /** Of the last opened session; null where there was none. */
  capabilities: { uri: string; module: string | null; revision: string | null }[] | null
  site: { id: number; name: string; country: { id: number; name: string; region: string | null } }
}

/** Another connection that puts devices into a database, or in the place of others. */
export class FleetWriter {
  readonly #sqlite: Sqlite.Database
  readonly #statements = new Map<string, Sqlite.Statement>()
  readonly #sets = new Map<string, number>()

  constructor(path: string) {
    this.#sqlite = new Sqlite(path)
    this.#sqlite.pragma('synchronous = OFF')
  }

  write(devices: readonly PlainDevice[]): void {
    this.#sqlite.transaction(() => {
      for (const device of devices) this.#write(device)
    })()
  }

  close(): void {
    this.#sqlite.close()
  }

  #write(device: PlainDevice): void {
    const { id, site, outcome, capabilities, vendor, model, osVersion, keyChanged } = device
    this.#run('insert or ignore into countries (id, name, region) values (?, ?, ?)', [
      site.country.id,
      site.country.name,
      site.country.region,
    ])
    this.#run('insert or ignore into sites (id, country_id, name) values (?, ?, ?)', [
      site.id,
      site.country.id,
      site.name,
    ])
    const supported = outcome === null ? null : Number(outcome === 'SUPPORTED')
    const state = [
      site.id,
      device.name,
      device.address,
      device.platform,
      device.lifecycle,
      device.seenAt,
      outcome,
      device.phase,
      device.probedAt,
      supported,
      capabilities === null ? null : this.#setOf(capabilities),
    ]
    this.#run(
      `insert into devices (site_id, name, address, platform, lifecycle, last_seen_at, last_outcome, last_phase,
        last_probed_at, netconf_supported, capability_set_id, id, port, source, first_seen_at)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 830, 'global', 1)
      on conflict (id) do update set (site_id, name, address, platform, lifecycle, last_seen_at, last_outcome,
        last_phase, last_probed_at, netconf_supported, capability_set_id) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [...state, id, ...state],
    )
    this.#run('delete from device_facts where device_id = ?', [id])
    if (vendor !== null || model !== null || osVersion !== null) {
      this.#run(
        `insert into device_facts (device_id, vendor, model, os_version, read_from) values (?, ?, ?, ?, 'junos')`,
        [id, vendor, model, osVersion],
      )
    }
    this.#run('delete from host_keys where device_id = ?', [id])
    if (keyChanged !== null) {
      this.#run(
        `insert into host_keys (device_id, algorithm, fingerprint, first_seen_at, offered_fingerprint)
        values (?, 'ssh-ed25519', 'SHA256:known', 1, ?)`,
        [id, keyChanged ? 'SHA256:other' : null],
      )
    }
  }

  #setOf(capabilities: NonNullable<PlainDevice['capabilities']>): number {
    const hash = JSON.stringify(capabilities)
    const known = this.#sets.get(hash)
    if (known !== undefined) return known
    const id = this.#sets.size + 1
    this.#sets.set(hash, id)
    this.#run('insert into capability_sets (id, hash, uris) values (?, ?, ?)', [id, hash, '[]'])
    for (const { uri, module, revision } of capabilities) {
      this.#run(
        'insert into capability_set_members (set_id, uri, namespace, module, revision) values (?, ?, ?, ?, ?)',
        [id, uri, uri, module, revision],
      )
    }
    return id
  }

  #run(sql: string, values: readonly (string | number | null)[]): void {
    const statement = this.#statements.get(sql) ?? this.#sqlite.prepare(sql)
    this.#statements.set(sql, statement)
    statement.run(...values)
  }
}
