import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { unknownPeer } from '../../../src/netconf/report/probe-report.ts'
import type { ProbeResult } from '../../../src/store/probe-store.ts'
import { ThreadedRecorder } from '../../../src/store/record-thread/threaded-recorder.ts'
import { openSqlite } from '../../../src/store/sqlite/dialect.ts'
import { FilesHealth } from '../../../src/store/sqlite/files-health.ts'
import type { Store } from '../../../src/store/store.ts'
import { FIRST_TRY, idsByName, newRefresh, newStore, record, report, sync } from '../support/fixture.ts'

const NAMES = ['a', 'b', 'c', 'd']

/** A store with devices and a refresh. */
async function fleet({ recordsInThread = true } = {}) {
  const { store, database } = await newStore(undefined, { recordsInThread })
  await sync(
    store,
    NAMES.map((name) => record(`France/Paris/${name}`)),
  )
  const ids = await idsByName(store)
  const { id: refreshId } = await newRefresh(store)
  const result = (name: string, fields: Parameters<typeof report>[0] = {}): ProbeResult => ({
    refreshId,
    deviceId: ids[name] ?? 0,
    ...FIRST_TRY,
    report: report(fields),
  })
  return { store, database, refreshId, result }
}

/** All rows of all tables. */
function rowsOf(database: string): Record<string, unknown[]> {
  const sqlite = new Sqlite(database, { readonly: true })
  const tables = sqlite
    .prepare<[], string>("select name from sqlite_schema where type = 'table' and name not like 'kysely%'")
    .pluck()
    .all()
  const rows = tables.map((table) => [table, sqlite.prepare(`select * from "${table}"`).all()] as const)
  sqlite.close()
  return Object.fromEntries(rows)
}

/** A refresh of every kind of result: facts, keys and sets that are new, that stay and that change. */
async function recordAll({
  store,
  result,
}: Awaited<ReturnType<typeof fleet>>): Promise<Map<number, number>[]> {
  const hostKey = { algorithm: 'ssh-ed25519', fingerprint: 'SHA256:one', verified: true }
  const facts = {
    hostname: 'a',
    vendor: 'Cisco',
    model: null,
    osVersion: '7.9.1',
    serialNumber: 'S1',
    readFrom: 'ietf-system',
  }
  const peer = { ...unknownPeer(), hostKey }
  return [
    await store.probes.commitBatch([
      result('a', { capabilities: ['urn:one'], facts, peer }),
      result('b', { capabilities: ['urn:one', 'urn:two'] }),
      result('b', { outcome: 'TIMEOUT' }),
    ]),
    await store.probes.commitBatch([
      { ...result('a', { capabilities: ['urn:two'], peer }), refreshId: null },
      result('c', { outcome: 'CONNECTION_REFUSED', message: 'Nobody listens.' }),
      result('d', { outcome: 'CANCELLED' }),
    ]),
  ]
}

describe('a store that records in a thread', () => {
  it('writes the same rows as one that does not', async () => {
    const [inThread, inPlace] = [await fleet(), await fleet({ recordsInThread: false })]
    expect(await recordAll(inThread)).toEqual(await recordAll(inPlace))
    const rows = rowsOf(inThread.database)
    expect(rows).toEqual(rowsOf(inPlace.database))
    expect(rows.probes).toHaveLength(5)
    expect(rows.changes).not.toHaveLength(0)
  })

  it('reads its results, at another version, as soon as they are recorded', async () => {
    const { store, refreshId, result } = await fleet()
    for (const name of NAMES) {
      const before = store.version
      await store.probes.commitBatch([result(name)])
      expect(store.version).not.toBe(before)
      const [last] = (await store.probes.ofRefreshAfter(refreshId, 0, 10)).slice(-1)
      expect(last?.deviceId).toBe(result(name).deviceId)
    }
  })

  it('can store a capability set again after it was pruned', async () => {
    const { store, result } = await fleet()
    const at = async (startedAt: number, capabilities: string[]) =>
      store.probes.commitBatch([{ ...result('a', { startedAt, capabilities }), refreshId: null }])
    await at(1_000, ['urn:old'])
    await at(2_000, ['urn:new'])
    let pruned = 0
    for await (const rows of store.retention.prune({ probesBefore: 2_000, changesBefore: 0, limit: 10 })) {
      pruned += rows.capabilitySets
    }
    expect(pruned).toBe(1)
    await at(3_000, ['urn:old'])
    expect(await capabilitiesOf(store, result('a').deviceId)).toEqual(['urn:old'])
  })

  it('says that another process has locked the database, and records the same results later', async () => {
    const { store, database, refreshId, result } = await fleet()
    await store.probes.commitBatch([result('a')])
    const other = new Sqlite(database)
    onTestFinished(() => void other.close())
    other.exec('begin immediate')
    await expect(store.probes.commitBatch([result('b')])).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('is locked by another process; end that process.'),
      publicMessage: 'The database cannot be written at present (it is locked by another process).',
    })
    other.exec('rollback')
    expect(await store.probes.commitBatch([result('b')])).toEqual(new Map([[refreshId, 2]]))
  })

  it('records nothing in a file that was removed', async () => {
    const { store, database, result } = await fleet()
    await store.probes.commitBatch([result('a')])
    await rm(database)
    await expect(store.probes.commitBatch([result('b')])).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/was removed or replaced/),
    })
    await store.close()
  })

  it('finishes what it records before it closes, and refuses the rest', async () => {
    const { store, database, refreshId, result } = await fleet()
    const first = store.probes.commitBatch([result('a')])
    const others = Promise.allSettled(['b', 'c'].map((name) => store.probes.commitBatch([result(name)])))
    await expect(first).resolves.toEqual(new Map([[refreshId, 1]]))
    await store.close()
    await expect(store.probes.commitBatch([result('d')])).rejects.toThrow('The store is closed.')
    expect(existsSync(`${database}-wal`)).toBe(false)
    const recorded = (await others).filter(({ status }) => status === 'fulfilled')
    expect(rowsOf(database).probes).toHaveLength(1 + recorded.length)
  })
})

async function capabilitiesOf(store: Store, id: number): Promise<readonly string[] | undefined> {
  const [device] = await store.devices.byIds([id])
  const [set] = await store.capabilities.byIds([device?.capabilitySetId ?? 0])
  return set?.uris
}

const atOnce = <T>(write: () => Promise<T>) => write()
const DYING = new URL('./support/dying-recorder.ts', import.meta.url)
const IDLE = new URL('./support/idle-recorder.ts', import.meta.url)
/** A main file with which no thread can be made. */
const REFUSED = new URL('http://127.0.0.1/recorder.mjs')

/** A thread that records with this main file. */
function threadOf(threadFile: URL, letAnotherWrite = atOnce): ThreadedRecorder {
  const thread = new ThreadedRecorder({ path: 'unused', letAnotherWrite, onDamage: () => {}, threadFile })
  onTestFinished(() => thread.close())
  return thread
}

describe('the thread that records', () => {
  it('rejects a batch of which it dies, and is replaced for the next', async () => {
    const thread = threadOf(DYING)
    for (const _turn of [1, 2]) {
      await expect(thread.commit([], 'off')).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: 'The thread that records results has ended (exit code 7); it is started again.',
      })
    }
  })

  it('is replaced if the system refused to start it', async () => {
    const options = { path: 'unused', letAnotherWrite: atOnce, onDamage: () => {}, threadFile: REFUSED }
    const thread = new ThreadedRecorder(options)
    onTestFinished(() => thread.close())
    await expect(thread.commit([], 'off')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('must be of scheme file'),
    })
    options.threadFile = IDLE
    await expect(thread.commit([], 'off')).resolves.toEqual(new Map([[1, 1]]))
  })

  it('can be closed after a batch that cannot be sent', async () => {
    const thread = threadOf(IDLE)
    await expect(thread.commit([() => {}] as never, 'off')).rejects.toThrow('could not be cloned')
    await expect(thread.close()).resolves.toBeUndefined()
  })

  it('gets its batch when the transaction is over that another connection has begun', async () => {
    const { database } = await newStore()
    const health = new FilesHealth(silentLogger)
    const unobserved = { onStatement: () => {}, onCommit: () => {} }
    const { db, letAnotherWrite } = openSqlite({ path: database, health, ...unobserved })
    onTestFinished(() => db.destroy())
    const [inTurn, control] = [threadOf(IDLE, letAnotherWrite), threadOf(IDLE)]
    await inTurn.commit([], 'off')
    const order: string[] = []
    let recorded: Promise<unknown> = Promise.resolve()
    await db.transaction().execute(async () => {
      recorded = inTurn.commit([], 'off').then(() => order.push('recorded'))
      for (let count = 0; count < 20; count += 1) await control.commit([], 'off')
      order.push('end of the transaction')
    })
    await recorded
    expect(order).toEqual(['end of the transaction', 'recorded'])
  })
})
