import Sqlite from 'better-sqlite3'
import { silentLogger } from '../../../src/base/log.ts'
import { parseCapability } from '../../../src/netconf/protocol/capabilities.ts'
import { hashOfSet } from '../../../src/store/results/capability-set-writer.ts'
import { openStore } from '../../../src/store/store.ts'

/** How much there is of each; sites go round the countries, and devices round the sites, as evenly as it goes. */
export interface InventorySize {
  devices: number
  sites: number
  countries: number
}

/** What devices advertise: a third each has one of the first three, and one of a thousand the last. */
const CAPABILITY_SETS: readonly (readonly string[])[] = ['iosxe', 'iosxr', 'junos', 'rare'].map(
  (platform) => [
    ...['1.0', '1.1'].map((version) => `urn:ietf:params:netconf:base:${version}`),
    `urn:${platform}?module=${platform}-native&revision=2024-03-01`,
  ],
)
/** Of a hundred devices one was never probed and four do not answer. */
const UNPROBED = 1
const FAILED = 4

/**
 * Writes an inventory whose devices were probed, with their facts and host keys, to a new database: by SQL, as asking a
 * million devices would take an hour. Where a row lies says nothing of where its device stands in the list by name: the
 * neighbours in a page are far apart in each table, as they are where years of syncs and refreshes wrote them.
 */
export async function writeInventoryRows(path: string, size: InventorySize): Promise<void> {
  // Makes the tables.
  await (await openStore({ database: path, log: silentLogger })).close()
  const sqlite = new Sqlite(path)
  try {
    // Nothing is lost that could not be written again, and indexes are made faster of all rows than row by row.
    sqlite.pragma('synchronous = off')
    sqlite.pragma('cache_size = -200000')
    // Probes are written before their devices, which then take their state from them.
    sqlite.pragma('foreign_keys = off')
    sqlite.transaction(() => {
      const indexes = sqlite
        .prepare<[], { name: string; sql: string }>(
          `select name, sql from sqlite_master where type = 'index' and sql is not null`,
        )
        .all()
      for (const { name } of indexes) sqlite.exec(`drop index "${name}"`)
      insertRows(sqlite, size)
      for (const { sql } of indexes) sqlite.exec(sql)
    })()
    sqlite.pragma('wal_checkpoint(truncate)')
  } finally {
    sqlite.close()
  }
}

/** The device that is the `position`th by name, from 0 on. */
export function writtenDevice(position: number, { devices }: InventorySize): { id: number; name: string } {
  const id = 1 + Number((BigInt(position) * BigInt(stepOf(devices))) % BigInt(devices))
  return { id, name: `router-${String(position).padStart(7, '0')}` }
}

/** What the device of this name advertises; null for one that does not answer. */
export function advertisedBy(name: string): readonly string[] | null {
  const position = Number(name.slice(name.indexOf('-') + 1))
  if (position % 100 >= 100 - FAILED) return null
  return CAPABILITY_SETS[position % 1_000 === 500 ? 3 : position % 3] ?? null
}

function insertRows(sqlite: Sqlite.Database, { devices, sites, countries }: InventorySize): void {
  // As bigints: SQLite is given numbers as reals, and would divide them so.
  const values = {
    devices: BigInt(devices),
    sites: BigInt(sites),
    countries: BigInt(countries),
    step: BigInt(stepOf(devices)),
    now: BigInt(Date.now()),
  }
  const run = (sql: string) => void sqlite.prepare(sql).run(values)
  run(`insert into countries (id, name, region)
    ${NUMBERS('@countries')}
    select n + 1, printf('Country %03d', n), json_array('EMEA', 'APAC', 'AMER') ->> (n % 3) from numbers`)
  run(`insert into sites (id, country_id, name)
    ${NUMBERS('@sites')} select n + 1, 1 + n * @countries / @sites, printf('SITE-%06d', n) from numbers`)
  insertCapabilitySets(sqlite)
  run(`insert into refreshes
      (id, state, trigger, scope, sync, force, created_at, started_at, finished_at, total, outcome_counts)
    values (1, 'COMPLETED', 'SCHEDULE', '{"countryIds":[],"siteIds":[],"deviceIds":[]}', 1, 0,
      @now - 60000, @now - 60000, @now - 1000, @devices, '{}')`)
  // n counts the devices by name; a probe's id is its place in the refresh, and another one than that of its device.
  run(`insert into probes
      (id, device_id, refresh_id, seq, outcome, phase, message, started_at, duration_ms, attempt,
       capability_set_id, missing_capabilities, algorithms)
    ${NUMBERS('@devices')}, probed as (
      select n, ${ID} as device_id, 1 + (${ID} * 7 + n) % @devices as place, ${IS_FAILED} as failed
      from numbers where not ${IS_UNPROBED})
    select row_number() over (order by place, n), device_id, 1, row_number() over (order by place, n),
      iif(failed, 'TIMEOUT', 'SUPPORTED'), iif(failed, 'HELLO', 'CLOSE'),
      iif(failed, 'The device sent no hello within 10 s.', null),
      @now - 60000 + place % 50000, iif(failed, 10000.0, 40.0 + n % 1000 / 10.0), 1,
      iif(failed, null, iif(n % 1000 = 500, 4, 1 + n % 3)), '[]',
      '{"kex":"curve25519-sha256","hostKey":"ssh-ed25519","cipher":"aes256-gcm@openssh.com","mac":null,"legacy":false}'
    from probed order by place, n`)
  run(`insert into devices
      (id, site_id, name, address, port, platform, lifecycle, source, first_seen_at, last_seen_at,
       last_probe_id, last_outcome, last_phase, last_probed_at, last_supported_at, netconf_supported,
       capability_set_id, missing_capabilities, failures, facts_read_at, source_key)
    ${NUMBERS('@devices')}
    select ${ID}, 1 + n * @sites / @devices, printf('router-%07d', n),
      printf('10.%d.%d.%d', ${ID} >> 16 & 255, ${ID} >> 8 & 255, ${ID} & 255), 830,
      json_array('iosxe', 'iosxr', 'junos') ->> (n % 3), 'ACTIVE', 'global', @now - 86400000, @now - 60000,
      probes.id, probes.outcome, probes.phase, cast(probes.started_at + probes.duration_ms as integer),
      iif(probes.outcome = 'SUPPORTED', cast(probes.started_at + probes.duration_ms as integer), null),
      probes.outcome = 'SUPPORTED', probes.capability_set_id, '[]', iif(probes.outcome = 'TIMEOUT', 1, 0),
      iif(probes.outcome = 'SUPPORTED', cast(probes.started_at + probes.duration_ms as integer), null),
      cast(${ID} as text)
    from numbers left join probes on probes.refresh_id = 1 and probes.device_id = ${ID}
    order by 1`)
  run(`insert into device_facts (device_id, hostname, vendor, model, os_version, serial_number, read_from)
    select id, name, json_array('Cisco', 'Cisco', 'Juniper') ->> (id % 3),
      json_array('C8300-1N1S', 'NCS-540', 'MX204') ->> (id % 3),
      printf('%d.%d.%d', 7 + id % 14, id % 9, id % 3), printf('FDO%08d', id), 'ietf-system'
    from devices where netconf_supported = 1`)
  run(`insert into host_keys (device_id, algorithm, fingerprint, first_seen_at)
    select id, 'ssh-ed25519', printf('SHA256:%043d', id), @now - 86400000
    from devices where netconf_supported is not null`)
}

function insertCapabilitySets(sqlite: Sqlite.Database): void {
  const insertSet = sqlite.prepare('insert into capability_sets (id, hash, uris) values (?, ?, ?)')
  const insertMember = sqlite.prepare(
    'insert into capability_set_members (set_id, uri, namespace, module, revision) values (?, ?, ?, ?, ?)',
  )
  for (const [index, uris] of CAPABILITY_SETS.entries()) {
    insertSet.run(index + 1, hashOfSet(uris), JSON.stringify(uris))
    for (const uri of uris) {
      const { namespace, module, revision } = parseCapability(uri)
      insertMember.run(index + 1, uri, namespace, module, revision)
    }
  }
}

const ID = '(1 + n * @step % @devices)'
const IS_UNPROBED = `(n % 100 < ${UNPROBED})`
const IS_FAILED = `(n % 100 >= ${100 - FAILED})`

function NUMBERS(count: string): string {
  return `with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n + 1 < ${count})`
}

/** A number without common factors with `count`, so that its multiples visit all rests. */
function stepOf(count: number): number {
  for (let step = Math.ceil(count * 0.618); ; step += 1)
    if (greatestCommonDivisor(step, count) === 1) return step
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other)
}
