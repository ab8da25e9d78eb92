import { describe, expect, it } from 'vitest'
import type { DeviceFacts, ProbeReport } from '../../../src/netconf/report/probe-report.ts'
import type { ChangeFilter } from '../../../src/store/query/filters.ts'
import { FIRST_TRY, idsByName, newStore, record, report, sync } from '../support/fixture.ts'

const BASE = 'urn:ietf:params:netconf:base:1.1'
const CANDIDATE = 'urn:ietf:params:netconf:capability:candidate:1.0'
const LIBRARY = 'urn:ietf:params:netconf:capability:yang-library:1.1'
const INTERFACES = 'urn:if?module=ietf-interfaces&revision=2018-02-20'
const HARDWARE = 'urn:hw?module=ietf-hardware&revision=2018-03-13'

const FACTS: DeviceFacts = {
  hostname: 'edge-1',
  vendor: 'Juniper',
  model: null,
  osVersion: '22.4R3',
  serialNumber: 'BK123',
  readFrom: 'junos',
}

/** Two devices that were created at 1,000, and what the log says since. */
async function devices() {
  const { store, statements } = await newStore()
  await sync(store, [record('France/Paris/r1'), record('France/Paris/r2')])
  const { r1 = 0, r2 = 0 } = await idsByName(store)
  const before = await store.changes.count()
  const probe = async (...probes: [deviceId: number, startedAt: number, fields: Partial<ProbeReport>][]) => {
    await store.probes.commitBatch(
      probes.map(([deviceId, startedAt, fields]) => ({
        refreshId: null,
        deviceId,
        ...FIRST_TRY,
        report: report({ startedAt, durationMs: 0.6, ...fields }),
      })),
    )
  }
  /** Since the devices were created, oldest first, without the ids. */
  const logged = async () => {
    const first = (await store.changes.count()) - before
    const { items } = await store.changes.page({ page: { first } })
    return items.reverse().map(({ id: _id, ...entry }) => entry)
  }
  const says = async (deviceId: number) => {
    const [device] = await store.devices.byIds([deviceId])
    const [set] = await store.capabilities.byIds([device?.capabilitySetId ?? 0])
    return set?.uris
  }
  return { store, statements, r1, r2, probe, logged, says }
}

describe('the change log', () => {
  it('is read from the newest entry, of all devices or of one', async () => {
    const { store, r1, r2, probe } = await devices()
    await probe([r1, 2_000, { capabilities: [BASE] }], [r2, 2_000, { capabilities: [BASE] }])
    await probe([r1, 3_000, { capabilities: [] }], [r2, 3_000, { capabilities: [] }])
    await probe([r1, 4_000, { capabilities: [BASE] }])

    const all = await store.changes.page({ page: { first: 2 } })
    expect(all.items.map(({ deviceId, at }) => [deviceId, at])).toEqual([
      [r1, 4_001],
      [r2, 3_001],
    ])
    const next = await store.changes.page({ page: { first: 1, after: all.cursors[1] } })
    expect(next.items).toMatchObject([{ deviceId: r1, at: 3_001 }])
    expect(await store.changes.byIds([all.items[0]?.id ?? 0, 999])).toEqual([all.items[0]])

    const ofR1 = await store.changes.page({ deviceId: r1, page: { first: 10 } })
    expect(ofR1.items.map(({ action }) => action)).toEqual([
      'CAPABILITIES_CHANGED',
      'CAPABILITIES_CHANGED',
      'CREATED',
    ])
    expect(await store.changes.count({ deviceId: r1 })).toBe(3)
    expect(await store.changes.count({ deviceId: null })).toBe(await store.changes.count())
    expect(await store.changes.count({ deviceId: 999 })).toBe(0)
  })

  it('is filtered by kind, actor, time, device and site', async () => {
    const { store } = await newStore()
    const records = ['France/Paris/r1', 'France/Lyon/r2', 'Japan/Tokyo/R1'].map((place) => record(place))
    await sync(store, records)
    await sync(store, records.slice(1), { at: 2_000 })
    await sync(store, [record('Japan/Tokyo/t1')], { at: 3_000, source: 'other' })
    const found = async (filter: ChangeFilter) => {
      const { items } = await store.changes.page({ filter, page: { first: 10 } })
      expect(await store.changes.count({ filter })).toBe(items.length)
      const devices = await store.devices.byIds(items.map(({ deviceId }) => deviceId))
      const names = new Map(devices.map(({ id, name }) => [id, name]))
      return items.map(({ deviceId, action }) => `${names.get(deviceId)} ${action}`)
    }
    const created = ['R1 CREATED', 'r2 CREATED', 'r1 CREATED']
    const all = ['t1 CREATED', 'r1 DECOMMISSIONED', ...created]
    for (const [filter, expected] of [
      [{}, all],
      [{ action: ['DECOMMISSIONED'] }, ['r1 DECOMMISSIONED']],
      [{ action: [] }, []],
      [{ actor: { eq: 'source:other' } }, ['t1 CREATED']],
      [{ actor: { startsWith: 'source:g' }, not: { action: ['CREATED'] } }, ['r1 DECOMMISSIONED']],
      [{ since: 2_000 }, ['t1 CREATED', 'r1 DECOMMISSIONED']],
      [{ since: 2_000, until: 3_000 }, ['r1 DECOMMISSIONED']],
      // A device that is decommissioned by now matches as well.
      [{ name: { eq: 'r1' } }, ['r1 DECOMMISSIONED', 'r1 CREATED']],
      [{ name: { contains: '1' }, until: 2_000 }, ['R1 CREATED', 'r1 CREATED']],
      [{ name: { startsWith: 'r' } }, ['r1 DECOMMISSIONED', 'r2 CREATED', 'r1 CREATED']],
      [{ site: { country: { name: { eq: 'Japan' } } } }, ['t1 CREATED', 'R1 CREATED']],
      [
        { or: [{ name: { eq: 'r2' } }, { site: { name: { eq: 'Tokyo' } } }] },
        ['t1 CREATED', 'R1 CREATED', 'r2 CREATED'],
      ],
      [{ or: [] }, []],
    ] as const) {
      expect((await found(filter)).toSorted(), JSON.stringify(filter)).toEqual(expected.toSorted())
    }
    const { r1 = 0 } = await idsByName(store)
    expect(await store.changes.count({ deviceId: r1, filter: { action: ['CREATED'] } })).toBe(1)
  })

  it('records which capabilities a device has lost and gained', async () => {
    const { r1, r2, probe, logged } = await devices()
    await probe([r1, 2_000, { capabilities: [BASE, CANDIDATE] }], [r2, 2_000, { capabilities: [BASE] }])
    await probe([r1, 3_000, { capabilities: [BASE, CANDIDATE] }], [r2, 3_000, { outcome: 'TIMEOUT' }])
    expect(await logged()).toEqual([])

    await probe([r1, 4_000, { capabilities: [BASE, INTERFACES] }], [r2, 4_000, { capabilities: [BASE] }])
    expect(await logged()).toEqual([
      {
        at: 4_001,
        actor: 'refresh',
        action: 'CAPABILITIES_CHANGED',
        deviceId: r1,
        fields: [
          { field: 'capability', before: CANDIDATE, after: null },
          { field: 'capability', before: null, after: INTERFACES },
        ],
      },
    ])
  })

  it.each([
    [150, 10, 90, 10, '60 more', null],
    [10, 150, 10, 90, null, '60 more'],
    [150, 151, 50, 50, '100 more', '101 more'],
  ])(
    'names a hundred of %i lost and %i gained',
    async (lost, gained, namedLost, namedGained, before, after) => {
      const { r1, probe, logged } = await devices()
      const uris = (name: string, count: number) =>
        Array.from({ length: count }, (_, i) => `urn:${name}:${i}`)
      await probe([r1, 2_000, { capabilities: uris('lost', lost) }])
      await probe([r1, 3_000, { capabilities: uris('gained', gained) }])
      const fields = (await logged())[0]?.fields ?? []
      expect(fields.filter((field) => field.before?.startsWith('urn:lost'))).toHaveLength(namedLost)
      expect(fields.filter((field) => field.after?.startsWith('urn:gained'))).toHaveLength(namedGained)
      expect(fields.slice(100)).toEqual([{ field: 'capabilities', before, after }])
    },
  )

  it('records which facts have changed', async () => {
    const { r1, r2, probe, logged } = await devices()
    await probe([r1, 2_000, { facts: FACTS }], [r2, 2_000, { facts: FACTS }])
    await probe([r1, 3_000, { facts: { ...FACTS } }], [r2, 3_000, {}])
    await probe([r2, 4_000, { facts: { ...FACTS, readFrom: 'ietf-system' } }])
    expect(await logged()).toEqual([])

    await probe([r1, 5_000, { facts: { ...FACTS, osVersion: '23.2R1', model: 'mx204', vendor: null } }])
    expect(await logged()).toEqual([
      {
        at: 5_001,
        actor: 'refresh',
        action: 'FACTS_CHANGED',
        deviceId: r1,
        fields: [
          { field: 'vendor', before: 'Juniper', after: null },
          { field: 'model', before: null, after: 'mx204' },
          { field: 'osVersion', before: '22.4R3', after: '23.2R1' },
        ],
      },
    ])
  })

  it('records the difference between the states before and after a batch', async () => {
    const { r1, r2, probe, logged } = await devices()
    await probe([r1, 2_000, { capabilities: [BASE] }], [r2, 2_000, { capabilities: [BASE] }])
    await probe(
      [r1, 3_000, { capabilities: [CANDIDATE] }],
      [r2, 3_000, { capabilities: [CANDIDATE] }],
      [r1, 4_000, { capabilities: [BASE] }],
      [r2, 4_000, { capabilities: [BASE, CANDIDATE] }],
    )
    expect(await logged()).toMatchObject([
      { deviceId: r2, at: 4_001, fields: [{ field: 'capability', before: null, after: CANDIDATE }] },
    ])
  })

  it('needs no statement for a batch without changes, and two for one with changes', async () => {
    const { statements, r1, r2, probe } = await devices()
    const both = { capabilities: [BASE], facts: FACTS }
    const statementsOf = async (...probes: Parameters<typeof probe>) => {
      statements.length = 0
      await probe(...probes)
      return statements.filter((sql) => /"changes"|"uris" from "capability_sets"/.test(sql))
    }
    expect(await statementsOf([r1, 2_000, both], [r2, 2_000, both])).toEqual([])
    expect(await statementsOf([r1, 3_000, both], [r2, 3_000, both])).toEqual([])
    const other = { capabilities: [CANDIDATE], facts: { ...FACTS, hostname: 'edge-2' } }
    expect(await statementsOf([r1, 4_000, other], [r2, 4_000, other])).toHaveLength(2)
  })

  it('keeps nothing of a failed batch', async () => {
    const { r1, probe, logged } = await devices()
    await probe([r1, 2_000, { capabilities: [BASE] }])
    const failing = probe([r1, 3_000, { capabilities: [] }], [999, 3_000, {}])
    await expect(failing).rejects.toThrow(/foreign key/i)
    expect(await logged()).toEqual([])
  })

  it.each(['CANCELLED', 'SKIPPED'] as const)('records nothing for a result that is %s', async (outcome) => {
    const { r1, probe, logged } = await devices()
    await probe([r1, 2_000, { capabilities: [BASE], facts: FACTS }])
    await probe([r1, 3_000, { outcome, capabilities: [], facts: { ...FACTS, model: 'x' } }])
    expect(await logged()).toEqual([])
  })
})

describe('a YANG library that could not be read this time', () => {
  const TOLD: Partial<ProbeReport> = {
    capabilities: [LIBRARY, BASE, CANDIDATE, INTERFACES, HARDWARE].sort(),
    library: 'read',
  }
  const hello = (...capabilities: string[]): Partial<ProbeReport> => ({
    outcome: 'MISSING_CAPABILITIES',
    missing: ['ietf-hardware'],
    capabilities: [LIBRARY, BASE, ...capabilities].sort(),
    library: 'unanswered',
  })

  it.each(['refused', 'unanswered'] as const)('removes no modules from the device: %s', async (library) => {
    const { store, r1, probe, logged, says } = await devices()
    await probe([r1, 2_000, TOLD])
    await probe([r1, 3_000, { ...hello(CANDIDATE, INTERFACES), library }])
    expect(await says(r1)).toEqual(TOLD.capabilities)
    expect((await store.devices.byIds([r1]))[0]).toMatchObject({
      lastOutcome: 'MISSING_CAPABILITIES',
      missingCapabilities: ['ietf-hardware'],
    })
    await probe([r1, 4_000, TOLD])
    expect(await logged()).toEqual([])
  })

  it('is known from earlier in the same batch', async () => {
    const { r1, probe, logged, says } = await devices()
    await probe([r1, 1_500, { capabilities: [BASE] }])
    await probe([r1, 2_000, TOLD], [r1, 3_000, hello(CANDIDATE, INTERFACES)])
    expect(await says(r1)).toEqual(TOLD.capabilities)
    expect(await logged()).toMatchObject([{ at: 2_001 }])
  })

  it.each([
    ['the hello lacks a capability that is not a module', [INTERFACES]],
    ['the hello has a new capability', [CANDIDATE, INTERFACES, 'urn:new']],
  ])('is no reason to keep capabilities if %s', async (_name, capabilities) => {
    const { r1, probe, logged, says } = await devices()
    await probe([r1, 2_000, TOLD])
    await probe([r1, 3_000, hello(...capabilities)])
    expect(await says(r1)).toEqual(hello(...capabilities).capabilities)
    expect(await logged()).toMatchObject([{ action: 'CAPABILITIES_CHANGED' }])
  })

  it('does not keep a module that it has lost, nor one if it was not requested', async () => {
    const { r1, r2, probe, logged, says } = await devices()
    await probe([r1, 2_000, TOLD], [r2, 2_000, TOLD])
    const fewer = hello(CANDIDATE, INTERFACES)
    await probe([r1, 3_000, { ...fewer, library: 'read' }], [r2, 3_000, { ...fewer, library: null }])
    const lost = [{ field: 'capability', before: HARDWARE, after: null }]
    expect(await logged()).toMatchObject([
      { deviceId: r1, fields: lost },
      { deviceId: r2, fields: lost },
    ])
    expect(await says(r1)).toEqual(fewer.capabilities)
  })

  it('has no effect on a device without known capabilities', async () => {
    const { r1, probe, logged, says } = await devices()
    await probe([r1, 2_000, hello()])
    expect(await says(r1)).toEqual(hello().capabilities)
    expect(await logged()).toEqual([])
  })
})
