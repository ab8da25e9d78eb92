import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import type { ProbeReport } from '../../src/netconf/report/probe-report.ts'
import type { ProbeResult } from '../../src/store/probe-store.ts'
import { openStore } from '../../src/store/store.ts'
import {
  FIRST_TRY,
  idsByName,
  newRefresh,
  newStore,
  probeCount,
  probePage,
  record,
  report,
  sync,
} from './support/fixture.ts'
import { otherConnection } from './support/test-database.ts'

async function fleet() {
  const opened = await newStore()
  const { store } = opened
  await sync(
    store,
    ['a', 'b', 'c', 'd'].map((name) => record(`France/Paris/${name}`)),
  )
  const ids = await idsByName(store)
  const refresh = await newRefresh(store)
  const result = (
    name: string,
    fields: Partial<ProbeReport> = {},
    refreshId: number | null = refresh.id,
  ): ProbeResult => ({ refreshId, deviceId: ids[name] ?? 0, ...FIRST_TRY, report: report(fields) })
  const device = async (name: string) => (await store.devices.byIds([ids[name] ?? 0]))[0]
  const commit = (...results: ProbeResult[]) => store.probes.commitBatch(results)
  return { ...opened, ids, refresh, result, device, commit }
}

describe('commitBatch', () => {
  it('numbers the results of each refresh in the order of the list, after those of the last batch', async () => {
    const { store, ids, refresh, result, commit } = await fleet()
    const other = await newRefresh(store)
    expect(await commit()).toEqual(new Map())
    expect(await commit(result('b'), result('a', {}, other.id), result('a'))).toEqual(
      new Map([
        [refresh.id, 2],
        [other.id, 1],
      ]),
    )
    expect(await commit(result('d', { outcome: 'TIMEOUT', phase: 'HELLO', message: 'Too slow.' }))).toEqual(
      new Map([[refresh.id, 3]]),
    )

    const rows = await store.probes.ofRefreshAfter(refresh.id, 0, 10)
    expect(rows.map(({ seq, deviceId }) => [seq, deviceId])).toEqual([
      [1, ids.b],
      [2, ids.a],
      [3, ids.d],
    ])
    expect(rows[2]).toEqual({
      id: rows[2]?.id,
      deviceId: ids.d,
      refreshId: refresh.id,
      seq: 3,
      outcome: 'TIMEOUT',
      phase: 'HELLO',
      message: 'Too slow.',
      startedAt: 10_000,
      durationMs: 25.4,
      attempt: 1,
      algorithms: null,
      notes: [],
      phases: [],
    })
    expect(await store.probes.byIds([rows[2]?.id ?? 0, 999])).toEqual([rows[2]])
    expect(await store.probes.ofRefreshAfter(refresh.id, 1, 1)).toEqual([rows[1]])
    expect((await store.refreshes.byIds([refresh.id]))[0]?.outcomeCounts).toEqual({
      SUPPORTED: 2,
      TIMEOUT: 1,
    })
  })

  it('keeps the first result of a device in a refresh, within a batch and after it', async () => {
    const { store, refresh, result, commit, device } = await fleet()
    await commit(result('a'), result('a', { outcome: 'TIMEOUT' }), result('b'))
    const again = await commit(result('a', { outcome: 'AUTH_FAILED' }))

    expect(again).toEqual(new Map([[refresh.id, 2]]))
    expect(await probeCount(store, { refreshId: refresh.id })).toBe(2)
    expect((await store.refreshes.byIds([refresh.id]))[0]?.outcomeCounts).toEqual({ SUPPORTED: 2 })
    expect((await device('a'))?.lastOutcome).toBe('SUPPORTED')
  })

  it('updates the device to its last result', async () => {
    const { store, result, commit, device } = await fleet()
    await commit(result('a', { startedAt: 1_000, durationMs: 10.6 }, null))
    const [set] = await store.capabilities.byIds([(await device('a'))?.capabilitySetId ?? 0])
    expect(set?.uris).toEqual(['urn:base:1.0'])
    expect(await device('a')).toMatchObject({
      lastOutcome: 'SUPPORTED',
      lastProbedAt: 1_011,
      lastSupportedAt: 1_011,
      netconfSupported: true,
      missingCapabilities: [],
    })

    const lacking = { capabilities: ['urn:base:1.1'], missing: ['x', 'y'] }
    await commit(result('a', { ...lacking, outcome: 'MISSING_CAPABILITIES', startedAt: 2_000 }, null))
    const lacks = await device('a')
    expect(lacks).toMatchObject({
      lastOutcome: 'MISSING_CAPABILITIES',
      lastSupportedAt: 1_011,
      netconfSupported: false,
      missingCapabilities: ['x', 'y'],
    })
    expect(lacks?.capabilitySetId).not.toBe(set?.id)

    await commit(result('a', { outcome: 'TIMEOUT', startedAt: 3_000 }, null))
    const late = await device('a')
    expect(late).toEqual({
      ...lacks,
      lastProbeId: late?.lastProbeId,
      lastOutcome: 'TIMEOUT',
      lastProbedAt: 3_025,
    })
    expect(await store.probes.byIds([late?.lastProbeId ?? 0])).toMatchObject([
      { outcome: 'TIMEOUT', seq: null },
    ])
  })

  it.each(['CANCELLED', 'SKIPPED'] as const)('records %s without a change of the device', async (outcome) => {
    const { store, refresh, result, commit, device } = await fleet()
    await commit(result('a', {}, null))
    const before = await device('a')
    await commit(result('a', { outcome, startedAt: 99_000 }), result('b', { outcome }))
    expect(await device('a')).toEqual(before)
    expect(await device('b')).toMatchObject({ lastProbeId: null, lastOutcome: null, netconfSupported: null })
    expect((await store.refreshes.byIds([refresh.id]))[0]?.outcomeCounts).toEqual({ [outcome]: 2 })
  })

  it('keeps the later of two results of one device in a batch', async () => {
    const { store, ids, result, commit, device } = await fleet()
    await commit(
      result('a', { capabilities: ['urn:x'], startedAt: 1_000, durationMs: 0 }, null),
      result('a', { outcome: 'TIMEOUT', startedAt: 2_000, durationMs: 0 }, null),
    )
    expect(await device('a')).toMatchObject({
      lastOutcome: 'TIMEOUT',
      lastProbedAt: 2_000,
      lastSupportedAt: 1_000,
      netconfSupported: false,
    })
    const [set] = await store.capabilities.byIds([(await device('a'))?.capabilitySetId ?? 0])
    expect(set?.uris).toEqual(['urn:x'])
    expect(await probeCount(store, { deviceId: ids.a ?? 0 })).toBe(2)
  })

  it('stores a capability set once with its parsed members, even after a restart', async () => {
    const { database, result, commit, device } = await fleet()
    const capabilities = ['urn:base:1.1', 'urn:if?module=ietf-interfaces&revision=2018-02-20']
    await commit(result('a', { capabilities }), result('b', { capabilities: [...capabilities] }))
    await commit(result('c', { capabilities: [...capabilities] }))
    const again = await openStore({ database, log: silentLogger })
    await again.probes.commitBatch([result('d', { capabilities: [...capabilities] })])
    await again.close()

    const sets = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => (await device(name))?.capabilitySetId),
    )
    expect(new Set(sets).size).toBe(1)
    const db = otherConnection(database)
    onTestFinished(() => db.destroy())
    const members = db.selectFrom('capability_set_members').orderBy('uri')
    expect(await members.select(['uri', 'namespace', 'module', 'revision']).execute()).toEqual([
      { uri: capabilities[0], namespace: 'urn:base:1.1', module: null, revision: null },
      { uri: capabilities[1], namespace: 'urn:if', module: 'ietf-interfaces', revision: '2018-02-20' },
    ])
  })

  it('records an empty hello as a session that offers nothing', async () => {
    const { store, result, commit, device } = await fleet()
    await commit(result('a', { capabilities: [] }))
    expect(await store.capabilities.byIds([(await device('a'))?.capabilitySetId ?? 0])).toMatchObject([
      { uris: [] },
    ])
  })

  it('keeps nothing of a failed batch, and does not treat its sets as stored', async () => {
    const { store, refresh, result, commit, device } = await fleet()
    const stranger = { ...result('a', { capabilities: ['urn:new'] }), deviceId: 999 }
    await expect(commit(result('a', { capabilities: ['urn:new'] }), stranger)).rejects.toThrow(/foreign key/i)
    expect(await probeCount(store, { refreshId: refresh.id })).toBe(0)
    expect(await device('a')).toMatchObject({ lastOutcome: null, capabilitySetId: null })

    expect(await commit(result('a', { capabilities: ['urn:new'] }))).toEqual(new Map([[refresh.id, 1]]))
    const [set] = await store.capabilities.byIds([(await device('a'))?.capabilitySetId ?? 0])
    expect(set?.uris).toEqual(['urn:new'])
  })

  it('needs as many statements for many results as for one', async () => {
    const { statements, result, commit } = await fleet()
    await commit(result('a'))
    statements.length = 0
    await commit(result('b'))
    const one = statements.length
    statements.length = 0
    await commit(
      result('c'),
      result('d', { outcome: 'TIMEOUT' }),
      ...'abcd'.split('').map((name) => result(name, {}, null)),
    )
    expect(statements).toHaveLength(one)
  })

  it('writes the index of capability sets only if a device has a new set', async () => {
    const { statements, result, commit, device } = await fleet()
    await commit(
      result('a', { capabilities: ['urn:x'] }, null),
      result('b', { capabilities: ['urn:y'] }, null),
    )
    const before = [await device('a'), await device('b')].map((row) => row?.capabilitySetId)
    statements.length = 0
    await commit(result('a', { capabilities: ['urn:x'] }, null), result('b', { outcome: 'TIMEOUT' }, null))
    expect(statements.filter((sql) => sql.includes('"capability_set_id" = "given"'))).toEqual([])
    await commit(result('a', { capabilities: ['urn:y'] }, null))
    expect((await device('a'))?.capabilitySetId).toBe(before[1])
    expect((await device('b'))?.capabilitySetId).toBe(before[1])
  })
})

describe('pages of probes', () => {
  it('of a device are sorted from the newest to the oldest', async () => {
    const { store, ids, result, commit } = await fleet()
    const deviceId = ids.a ?? 0
    const outcomes = ['SUPPORTED', 'TIMEOUT', 'AUTH_FAILED'] as const
    for (const outcome of outcomes) await commit(result('a', { outcome }, null), result('b', {}, null))
    const first = await probePage(store, { deviceId, page: { first: 2 } })
    expect(first.items.map(({ outcome }) => outcome)).toEqual(['AUTH_FAILED', 'TIMEOUT'])
    const rest = await probePage(store, { deviceId, page: { first: 2, after: first.cursors[1] } })
    expect(rest.items.map(({ outcome }) => outcome)).toEqual(['SUPPORTED'])
    expect(rest).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    expect(await probeCount(store, { deviceId })).toBe(3)
  })

  it('of a refresh are in the order in which they ended, of all or of some outcomes', async () => {
    const { store, refresh, result, commit } = await fleet()
    const refreshId = refresh.id
    await commit(
      result('c'),
      result('a', { outcome: 'TIMEOUT' }),
      result('b'),
      result('d', { outcome: 'TIMEOUT' }),
    )
    const seqs = async (options: { outcomes?: ('TIMEOUT' | 'SUPPORTED')[] | null }) => {
      const page = await probePage(store, { refreshId, ...options, page: { first: 10 } })
      expect(await probeCount(store, { refreshId, ...options })).toBe(page.items.length)
      return page.items.map(({ seq }) => seq)
    }
    expect(await seqs({})).toEqual([1, 2, 3, 4])
    expect(await seqs({ outcomes: null })).toEqual([1, 2, 3, 4])
    expect(await seqs({ outcomes: ['TIMEOUT'] })).toEqual([2, 4])
    expect(await seqs({ outcomes: [] })).toEqual([])
    const last = await probePage(store, { refreshId, page: { last: 1 } })
    expect(last.items).toMatchObject([{ seq: 4 }])
    expect(Object.keys(last.items[0] ?? {})).toHaveLength(13)
  })
})
