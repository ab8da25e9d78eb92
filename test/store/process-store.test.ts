import { describe, expect, it } from 'vitest'
import { newStore } from './support/fixture.ts'
import { otherConnection } from './support/test-database.ts'

const ENGINE = {
  name: 'host-a:17',
  role: 'ENGINE',
  regions: [],
  version: '1.2.3',
  startedAt: 1_000,
  active: true,
  probesInFlight: 0,
  concurrency: null,
} as const
const PROBER = {
  ...ENGINE,
  name: 'host-b:18',
  role: 'PROBER',
  active: false,
  concurrency: 1_000,
} as const

describe('the processes', () => {
  it('are those that told that they are alive, by name, with what they told last', async () => {
    const { store } = await newStore()
    expect(await store.processes.live()).toEqual([])
    await store.processes.heartbeat({ ...PROBER, regions: ['APAC', 'EMEA'], probesInFlight: 3 })
    const seen = await store.processes.heartbeat({ ...ENGINE, regions: [] })
    expect(seen).toEqual([
      { ...ENGINE, lastSeenAt: expect.any(Number) },
      { ...PROBER, regions: ['APAC', 'EMEA'], probesInFlight: 3, lastSeenAt: expect.any(Number) },
    ])
    const later = await store.processes.heartbeat({
      ...ENGINE,
      regions: [],
      active: false,
      probesInFlight: 7,
    })
    expect(later[0]).toMatchObject({ name: ENGINE.name, active: false, probesInFlight: 7 })
    expect(later).toHaveLength(2)
    expect(await store.processes.live()).toEqual(later)
  })

  it('are seen at the time of the database, whatever the clock of their machine says', async () => {
    const { store } = await newStore()
    const before = Date.now()
    const [engine] = await store.processes.heartbeat({ ...ENGINE, regions: [], startedAt: before + 300_000 })
    // The database is on this machine.
    expect(Math.abs((engine?.lastSeenAt ?? 0) - before)).toBeLessThan(60_000)
    expect(engine?.startedAt).toBe(before + 300_000)
  })

  it('are gone once they say so, or have not been seen for 15 s', async () => {
    const { store, database } = await newStore()
    await store.processes.heartbeat({ ...ENGINE, regions: [] })
    await store.processes.heartbeat({ ...PROBER, regions: [] })
    await store.processes.remove(PROBER.name)
    expect((await store.processes.live()).map(({ name }) => name)).toEqual([ENGINE.name])

    const other = otherConnection(database)
    await other
      .updateTable('processes')
      .set((eb) => ({ last_seen_at: eb('last_seen_at', '-', 15_100) }))
      .execute()
    expect(await store.processes.live()).toEqual([])
    expect(await other.selectFrom('processes').select('name').execute()).toHaveLength(1)
    // The next heartbeat of another process removes its row.
    await store.processes.heartbeat({ ...PROBER, regions: [] })
    expect(await other.selectFrom('processes').select('name').execute()).toEqual([{ name: PROBER.name }])
    await other.destroy()
  })
})
