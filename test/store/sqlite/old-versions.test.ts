import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { checkDatabase } from '../../../src/store/maintenance/check-database.ts'
import { DatabaseLock } from '../../../src/store/sqlite/database-lock.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { migrationNames, writeOldDatabase } from '../../support/old-schema.ts'
import { probePage, record, sync } from '../support/fixture.ts'
import { OLD_ROWS } from '../support/old-rows.ts'

const page = { first: 100 }

/** What must be read of the rows that a migration's version wrote. */
const EXPECTATIONS: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  '0001-initial': async ({ devices, inventory, refreshes, probes, capabilities }) => {
    expect(await devices.byIds([1, 2, 3])).toMatchObject([
      {
        name: 'r1',
        port: 830,
        lastProbeId: 7,
        lastOutcome: 'SUPPORTED',
        netconfSupported: true,
        capabilitySetId: 1,
      },
      { name: 'r2', port: 22, lastProbeId: null, lastOutcome: null, netconfSupported: null },
      { name: 'r3', lifecycle: 'DECOMMISSIONED' },
    ])
    expect(await inventory.countries()).toEqual([{ id: 1, name: 'France', region: 'EMEA' }])
    expect(await inventory.sitesByName('Paris')).toEqual([{ id: 1, countryId: 1, name: 'Paris' }])
    expect(await refreshes.byIds([1])).toMatchObject([
      { state: 'COMPLETED', total: 1, outcomeCounts: { SUPPORTED: 1 }, retryOf: null, finishedAt: 10 },
    ])
    expect(await probes.byIds([7])).toMatchObject([{ seq: 1, durationMs: 4.25, algorithms: null, notes: [] }])
    expect(await capabilities.byIds([1])).toMatchObject([{ uris: ['urn:base:1.0'] }])
    // What later versions have derived from these rows.
    expect(await devices.count({ phase: ['CLOSE'] })).toBe(1)
    expect(await devices.count({ hasCapability: { uri: { eq: 'urn:base:1.0' } } })).toBe(1)
    expect(await devices.count({ name: { eq: 'r2' }, probedBefore: 1 })).toBe(1)
  },
  '0002-host-keys-and-facts': async ({ hostKeys, facts }) => {
    expect(await hostKeys.ofDevices([1])).toMatchObject([
      { fingerprint: 'SHA256:known', offeredFingerprint: 'SHA256:other', firstSeenAt: 5 },
    ])
    expect(await facts.ofDevices([1])).toMatchObject([{ hostname: 'edge', readFrom: 'junos', readAt: 1_234 }])
  },
  '0003-holds': async ({ credentials, devices }) => {
    expect(await credentials.all()).toEqual([
      { name: 'lab', state: 'SUSPENDED', rejections: 5, suspendedAt: 8 },
    ])
    expect(await devices.byIds([2])).toMatchObject([{ backOffUntil: 99 }])
  },
  '0004-plans-and-changes': async ({ syncPlans, changes, inventory }) => {
    expect(await syncPlans.byIds([1])).toMatchObject([
      { state: 'AWAITING_APPROVAL', created: 1, moved: 0, warnings: [], changeSetId: null },
    ])
    expect(await changes.byIds([1])).toMatchObject([{ actor: 'anna', action: 'DECOMMISSIONED', deviceId: 3 }])
    expect(await inventory.knownById(3)).toMatchObject({ key: 'k3' })
  },
  '0005-tokens': async ({ tokens }) => {
    expect(await tokens.byHash('hash')).toMatchObject({ name: 'ci', role: 'OPERATOR', revokedAt: null })
    expect(await tokens.byHash('hash 2')).toMatchObject({ name: 'old', revokedAt: 6 })
  },
  '0006-filters-and-orders': async ({ devices }) => {
    expect(await devices.byIds([4])).toMatchObject([{ name: 'r4', lifecycle: 'ACTIVE' }])
  },
  '0007-retries': async ({ refreshes }) => {
    expect(await refreshes.unfinished()).toMatchObject([{ id: 2, state: 'INTERRUPTED', retryOf: 1 }])
  },
  '0008-probe-notes': async (store) => {
    const { items } = await probePage(store, { deviceId: 4, page })
    expect(items).toMatchObject([{ id: 8, outcome: 'TIMEOUT', notes: ['It was slow.'] }])
  },
  '0009-moves-and-warnings': async ({ syncPlans }) => {
    expect(await syncPlans.byIds([2])).toMatchObject([{ moved: 1, warnings: ['A device moves.'] }])
  },
  '0010-planned-changes': async ({ syncPlans }) => {
    expect((await syncPlans.pagesOfChanges([1], { page })).get(1)?.items).toMatchObject([
      { action: 'DECOMMISSIONED', deviceId: 4, name: 'r4' },
    ])
  },
  '0011-more-filters': async ({ devices }) => {
    expect(await devices.count({ phase: ['CONNECT'] })).toBe(1)
  },
}

const names = await migrationNames()

/** Has a database for each version, which was made by the first and used by all up to this one. */
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-old-'))
  const path = join(folder, 'growing.db')
  for (const name of names) {
    await writeOldDatabase(path, name, OLD_ROWS[name] ?? '')
    await copyFile(path, join(folder, `${name}.db`))
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a database of an older version', () => {
  it.each(names)('is brought up to date with all that it has: %s', async (version) => {
    const path = join(folder, `${version}.db`)
    expect((await checkDatabase(path, {})).due).toEqual(names.filter((name) => name > version))
    const store = await openStore({ database: path, log: silentLogger })
    for (const name of names.filter((each) => each <= version)) await EXPECTATIONS[name]?.(store)

    const active = version >= '0006-filters-and-orders' ? 3 : 2
    const sites = async () =>
      (await store.inventory.pageOfSites({ orderBy: { field: 'DEVICES', direction: 'ASC' }, page })).items
    expect(await sites()).toMatchObject([{ name: 'Paris' }])
    expect(await store.devices.count()).toBe(active)
    // It takes what this version writes.
    await sync(store, [record('France/Lyon/l1')], { source: 'lab' })
    expect((await sites()).map(({ name }) => name)).toEqual(['Lyon', 'Paris'])
    await store.close()
    expect(await checkDatabase(path, {})).toMatchObject({
      due: [],
      problems: [],
      rows: { devices: version >= '0006-filters-and-orders' ? 5 : 4, sites: 2 },
    })
  })

  it('is left as it is while another process uses it', async () => {
    const path = join(folder, 'used.db')
    await writeOldDatabase(path, '0014-engine', '')
    const lock = new DatabaseLock(path, silentLogger)
    await expect(openStore({ database: path, log: silentLogger })).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
    })
    expect((await checkDatabase(path, {})).due).toEqual(names.filter((name) => name > '0014-engine'))
    await lock.close()
    const store = await openStore({ database: path, log: silentLogger })
    await store.close()
    expect((await checkDatabase(path, {})).due).toEqual([])
  })
})
