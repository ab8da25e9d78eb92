import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { TemporaryPostgres } from '../../support/temporary-postgres.ts'
import { EVERYTHING, FIRST_TRY, idsByName, newRefresh, record, report, sync } from '../support/fixture.ts'

let server: TemporaryPostgres
const opened: Store[] = []
let databases = 0

beforeAll(async () => {
  server = await TemporaryPostgres.start()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()))
})
afterAll(() => server[Symbol.asyncDispose]())

async function open(database: string): Promise<Store> {
  const store = await openStore({ database, log: silentLogger })
  opened.push(store)
  return store
}

/** Opens a new database by two processes, as far as PostgreSQL is concerned. */
async function twoStores(): Promise<[Store, Store]> {
  databases += 1
  await server.query(`create database d${databases}`)
  const database = server.url(`d${databases}`)
  return [await open(database), await open(database)]
}

describe('two processes on one database', () => {
  it('number the results of one refresh without a gap, and record each device once', async () => {
    const stores = await twoStores()
    const [store] = stores
    await sync(
      store,
      Array.from({ length: 60 }, (_, index) => record(`France/Paris/r${index}`)),
    )
    const ids = Object.values(await idsByName(store))
    const { id: refreshId } = await newRefresh(store)
    const batch = (deviceIds: readonly number[]) =>
      deviceIds.map((deviceId) => ({ refreshId, deviceId, ...FIRST_TRY, report: report() }))
    // Each device is in two batches of different processes.
    const batches = [ids.slice(0, 20), ids.slice(10, 40), ids.slice(30), ids.slice(0, 30), ids.slice(40)]
    await Promise.all(batches.map((some, index) => stores[index % 2]?.probes.commitBatch(batch(some))))

    const rows = await store.probes.ofRefreshAfter(refreshId, 0, 100)
    expect(rows.map(({ seq }) => seq)).toEqual(ids.map((_, index) => index + 1))
    expect(new Set(rows.map(({ deviceId }) => deviceId)).size).toBe(60)
    const [refresh] = await store.refreshes.byIds([refreshId])
    expect(refresh?.outcomeCounts).toEqual({ SUPPORTED: 60 })
  })

  it('create devices at the same time, with ids of their own', async () => {
    const [one, other] = await twoStores()
    await Promise.all([
      sync(one, [record('France/Paris/a'), record('Chad/Sarh/b')], { source: 'one' }),
      sync(other, [record('France/Paris/c'), record('Peru/Lima/d')], { source: 'other' }),
    ])
    expect(Object.keys(await idsByName(one)).sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(await one.inventory.countSites()).toBe(3)
  })

  it('settle the targets of one refresh once', async () => {
    const [one, other] = await twoStores()
    await sync(one, [record('France/Paris/a'), record('France/Paris/b')])
    const { id } = await newRefresh(one)
    const selection = { scope: EVERYTHING, probedBefore: null }
    expect(
      await Promise.all([one.refreshes.addTargets(id, selection), other.refreshes.addTargets(id, selection)]),
    ).toEqual([2, 2])
    expect(await one.refreshes.pendingTargets(id)).toHaveLength(2)
  })

  it('see a new version at once after their own write, and soon after one of the other', async () => {
    const [one, other] = await twoStores()
    const [mine, others] = [one.version, other.version]
    expect(one.version).toBe(mine)
    await one.credentials.put([{ name: 'lab', state: 'ACTIVE', rejections: 0, suspendedAt: null }])
    expect(one.version).not.toBe(mine)
    await expect.poll(() => other.version).not.toBe(others)
  })

  it('tell nobody of their heartbeats, which change no answer', async () => {
    const stores = await twoStores()
    const versions = () => stores.map(({ version }) => version)
    const before = versions()
    const process = {
      name: 'a',
      role: 'API',
      regions: [],
      version: '1',
      startedAt: 1,
      active: false,
    } as const
    for (const { processes, rates } of stores) {
      await processes.heartbeat({ ...process, regions: [], probesInFlight: 0, concurrency: null })
      await rates.add('ann', 1, 60_000)
    }
    expect(versions()).toEqual(before)
    // A control: this one is told, after all that was written before it.
    await stores[0].tokens.create({ name: 'ci', role: 'VIEWER', hash: 'h', at: 1 })
    await expect.poll(() => versions()[1]).toBe(String(Number(before[1]) + 1))
  })

  it('do not both hold the lock, which is released when its holder ends', async () => {
    const [one, other] = await twoStores()
    const held = await one.lock()
    await expect(other.lock()).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
      message: expect.stringMatching(
        / is in use by another process, a gateway or `rollcall refresh`; end that one/,
      ),
    })
    await held.close()
    await (await other.lock()).close()
  })
})

describe('a server that is away for a while', () => {
  it('makes statements reject until it is back, and locks and versions as well', async () => {
    const [store] = await twoStores()
    const lock = await store.lock()
    const before = store.version
    await server.stop()
    await expect(store.ping()).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      publicMessage: 'The database cannot be used at present (it cannot be reached).',
    })
    await expect.poll(() => store.health.problem()?.code).toBe('DATABASE_UNAVAILABLE')
    await expect(newRefresh(store)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect(() => store.version).toThrow(/listens for changes is lost/)

    await server.restart()
    await expect.poll(() => store.health.problem()).toBeNull()
    await store.ping()
    expect((await newRefresh(store)).id).toBe(1)
    await expect.poll(() => version(store)).not.toBeNull()
    expect(store.version).not.toBe(before)
    await lock.close()
  })

  it('keeps a connection on which only a statement has failed', async () => {
    const [store] = await twoStores()
    await server.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()')
    await expect.poll(async () => await store.devices.count().catch(() => null)).toBe(0)
    expect((await newRefresh(store)).id).toBe(1)
  })
})

describe('a network that is cut', () => {
  it('makes statements reject that wait for an answer, and holds nobody up when it is back', async () => {
    databases += 1
    await server.query(`create database d${databases}`)
    const proxy = await startTcpProxy(server.port)
    const store = await open(server.url(`d${databases}`).replace(`:${server.port}/`, `:${proxy.port}/`))
    expect(await store.devices.count()).toBe(0)
    expect((await newRefresh(store)).id).toBe(1)
    proxy.cut()
    const unreachable = {
      code: 'DATABASE_UNAVAILABLE',
      publicMessage: 'The database cannot be used at present (it cannot be reached).',
    }
    await Promise.all([
      expect(store.devices.count()).rejects.toMatchObject(unreachable),
      expect(newRefresh(store)).rejects.toMatchObject(unreachable),
    ])
    proxy.restore()
    await expect.poll(() => store.devices.count().catch(() => null)).toBe(0)
    expect((await newRefresh(store)).id).toBeGreaterThan(1)
  })
})

function version(store: Store): string | null {
  try {
    return store.version
  } catch {
    return null
  }
}
