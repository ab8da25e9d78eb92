import { describe, expect, it } from 'vitest'
import type { DeviceFacts, NegotiatedAlgorithms } from '../../../src/netconf/report/probe-report.ts'
import {
  FIRST_TRY,
  idsByName,
  newRefresh,
  newStore,
  probePage,
  record,
  report,
  sync,
} from '../support/fixture.ts'

const FACTS: DeviceFacts = {
  hostname: 'edge-1',
  vendor: 'Juniper',
  model: 'mx204',
  osVersion: '22.4R3',
  serialNumber: 'BK123',
  readFrom: 'junos',
}

const ALGORITHMS: NegotiatedAlgorithms = {
  kex: 'curve25519-sha256',
  cipher: 'aes128-gcm@openssh.com',
  mac: null,
  hostKey: 'ssh-ed25519',
  legacy: false,
}

async function devices() {
  const { store, statements } = await newStore()
  await sync(store, [record('France/Paris/r1'), record('France/Paris/r2')])
  const { r1 = 0, r2 = 0 } = await idsByName(store)
  const result = (deviceId: number, startedAt: number, fields: Parameters<typeof report>[0] = {}) => ({
    refreshId: null,
    deviceId,
    ...FIRST_TRY,
    report: report({ startedAt, durationMs: 0.6, ...fields }),
  })
  return { store, statements, r1, r2, result }
}

describe('the facts of a device', () => {
  it('are those that it gave last; a probe that reads none keeps them', async () => {
    const { store, r1, r2, result } = await devices()
    await store.probes.commitBatch([result(r1, 1_000, { facts: FACTS }), result(r2, 1_000)])
    const facts = { deviceId: r1, readAt: 1_001, ...FACTS }
    expect(await store.facts.ofDevices([r1, r2])).toEqual([facts])

    await store.probes.commitBatch([result(r1, 2_000), result(r1, 3_000, { outcome: 'TIMEOUT' })])
    expect(await store.facts.ofDevices([r1])).toEqual([facts])

    const fewer = { ...FACTS, model: null, serialNumber: null, osVersion: '23.2R1', readFrom: 'ietf-system' }
    await store.probes.commitBatch([
      result(r1, 4_000, { facts: FACTS }),
      result(r1, 5_000, { facts: fewer }),
      result(r1, 6_000),
    ])
    expect(await store.facts.ofDevices([r1])).toEqual([{ deviceId: r1, readAt: 5_001, ...fewer }])
  })
})

it('writes only the time of reading if the facts have not changed', async () => {
  const { store, statements, r1, r2, result } = await devices()
  await store.probes.commitBatch([result(r1, 1_000, { facts: FACTS }), result(r2, 1_000, { facts: FACTS })])
  statements.length = 0
  await store.probes.commitBatch([
    result(r1, 2_000, { facts: { ...FACTS } }),
    result(r2, 2_000, { outcome: 'CANCELLED', facts: { ...FACTS, model: 'mx480' } }),
  ])
  expect(statements.filter((sql) => /^(insert|replace) into "device_facts"/.test(sql))).toEqual([])
  const facts = (await store.facts.ofDevices([r1, r2])).sort((one, other) => one.deviceId - other.deviceId)
  expect(facts).toMatchObject([
    { deviceId: r1, readAt: 2_001 },
    { deviceId: r2, readAt: 1_001, model: 'mx204' },
  ])
})

describe('the notes on a probe', () => {
  it('are kept with it', async () => {
    const { store, r1, result } = await devices()
    const { id: refreshId } = await newRefresh(store)
    const notes = ['The hello has no session-id.', 'He said "0"; drop table probes.']
    await store.probes.commitBatch([{ ...result(r1, 1_000, { notes }), refreshId }, result(r1, 2_000)])
    const { items } = await probePage(store, { deviceId: r1, page: { first: 10 } })
    expect(items.map((probe) => probe.notes)).toEqual([[], notes])
    expect(await store.probes.byIds(items.map(({ id }) => id))).toMatchObject([{ notes }, { notes: [] }])
    expect(await store.probes.ofRefreshAfter(refreshId, 0, 10, {})).toMatchObject([{ notes }])
  })
})

describe('the algorithms of a probe', () => {
  it('are stored with it; null if nothing was negotiated', async () => {
    const { store, r1, result } = await devices()
    const { id: refreshId } = await newRefresh(store)
    const negotiated = result(r1, 1_000)
    const peer = { ...negotiated.report.peer, algorithms: ALGORITHMS }
    await store.probes.commitBatch([
      { ...negotiated, refreshId, report: { ...negotiated.report, peer } },
      result(r1, 2_000, { outcome: 'CONNECTION_REFUSED' }),
    ])
    const { items } = await probePage(store, { deviceId: r1, page: { first: 10 } })
    expect(items.map(({ algorithms }) => algorithms)).toEqual([null, ALGORITHMS])
    expect(await store.probes.byIds(items.map(({ id }) => id))).toMatchObject([
      { algorithms: ALGORITHMS },
      { algorithms: null },
    ])
    for (const filter of [undefined, {}]) {
      expect(await store.probes.ofRefreshAfter(refreshId, 0, 10, filter)).toMatchObject([
        { algorithms: ALGORITHMS },
      ])
    }
  })
})
