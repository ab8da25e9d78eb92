import { expect, it } from 'vitest'
import { FIRST_TRY, idsByName, record, report } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { HandClock } from '../../support/hand-clock.ts'

const HELD = `{
  devices { nodes { name probeHold } }
  held: devices(filter: { held: true }) { totalCount nodes { name } }
  free: devices(filter: { held: false }) { totalCount nodes { name } }
  summary(filter: { held: true }) { devices }
  groups(by: SITE, filter: { not: { held: false } }) { value summary { devices } }
}`

interface Answer {
  devices: { nodes: { name: string; probeHold: string | null }[] }
  held: { totalCount: number; nodes: { name: string }[] }
  free: { totalCount: number; nodes: { name: string }[] }
  summary: { devices: number }
  groups: { value: string; summary: { devices: number } }[]
}

const NOW = 1_000_000_000

/** One device for each reason to hold it, and two that are free. */
async function start() {
  const clock = new HandClock(NOW)
  const api = await startApi(
    [
      record('France/Paris/changed-key'),
      record('France/Paris/backing-off'),
      record('France/Paris/free'),
      record('France/Lyon/suspended', { platform: 'junos' }),
      record('France/Lyon/named', { credential: 'spare' }),
      record('Chad/Abéché/without', { platform: null }),
    ],
    {
      clock,
      credentials: [
        { name: 'core', username: 'netops', match: { platform: 'JUN*' } },
        { name: 'spare', username: 'netops', match: { site: 'par?s' } },
        { name: 'none', username: 'netops', match: { site: 'nowhere' } },
      ],
    },
  )
  const ids = await idsByName(api.store)
  const idOf = (name: string) => ids[name] ?? 0
  const key = (fingerprint: string) => ({ algorithm: 'ssh-ed25519', fingerprint, verified: true })
  const showed = (fingerprint: string) => ({
    ...report(),
    peer: { ...report().peer, hostKey: key(fingerprint) },
  })
  const result = { refreshId: null, ...FIRST_TRY }
  await api.store.probes.commitBatch([
    { ...result, deviceId: idOf('changed-key'), report: showed('SHA256:known') },
    {
      ...result,
      deviceId: idOf('backing-off'),
      report: report({ outcome: 'TIMEOUT', phase: 'CONNECT' }),
      backOffUntil: NOW + 60_000,
    },
  ])
  await api.store.probes.commitBatch([
    { ...result, deviceId: idOf('changed-key'), report: showed('SHA256:other') },
  ])
  return { ...api, clock }
}

it('finds exactly the devices that have a hold, and knows when it ends', async () => {
  const { url, clock } = await start()
  const ask = async () => {
    const answer = await dataOf<Answer>(url, HELD)
    const byHold = (isHeld: boolean) =>
      answer.devices.nodes.flatMap(({ name, probeHold }) => ((probeHold !== null) === isHeld ? name : []))
    expect(answer.held.nodes.map(({ name }) => name)).toEqual(byHold(true))
    expect(answer.free.nodes.map(({ name }) => name)).toEqual(byHold(false))
    expect(answer.held.totalCount + answer.free.totalCount).toBe(6)
    expect(answer.summary.devices).toBe(answer.held.totalCount)
    expect(answer.groups.reduce((sum, { summary }) => sum + summary.devices, 0)).toBe(answer.held.totalCount)
    return byHold(true)
  }
  expect(await ask()).toEqual(['backing-off', 'changed-key', 'without'])
  clock.advance(60_000)
  expect(await ask()).toEqual(['changed-key', 'without'])
})

it('is not answered from what was true before', async () => {
  const { url, clock } = await start()
  const count = async (query: string, variables?: object) =>
    (await dataOf<{ devices: { totalCount: number } }>(url, query, variables)).devices.totalCount
  const inText = '{ devices(filter: { or: [{ held: true }] }) { totalCount } }'
  const inVariable = 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }'
  const both = async () => [await count(inText), await count(inVariable, { filter: { held: true } })]
  for (let times = 0; times < 4; times++) expect(await both()).toEqual([3, 3])
  clock.advance(60_000)
  expect(await both()).toEqual([2, 2])
})
