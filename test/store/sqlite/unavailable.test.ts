import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ProbeResult } from '../../../src/store/probe-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { smallDisk } from '../../support/small-disk.ts'
import {
  FIRST_TRY,
  idsByName,
  newRefresh,
  newStore,
  probeCount,
  record,
  report,
  sync,
  temporaryFolder,
} from '../support/fixture.ts'

const NAMES = Array.from({ length: 200 }, (_, index) => `r${index}`)

/** A store with devices, and a batch with a result for each. */
async function fleet(folder?: string) {
  const { store, database: path } = await newStore(folder)
  await sync(
    store,
    NAMES.map((name) => record(`France/Paris/${name}`)),
  )
  const deviceIds = Object.values(await idsByName(store))
  const { id: refreshId } = await newRefresh(store)
  const batch: ProbeResult[] = deviceIds.map((deviceId) => ({
    refreshId,
    deviceId,
    ...FIRST_TRY,
    report: report({ outcome: 'TIMEOUT', message: 'The device did not answer.' }),
  }))
  return { store, path, refreshId, batch }
}

/** Another process, as far as SQLite is concerned, that is in the midst of writing. */
function lock(path: string): { release(): void } {
  const other = new Sqlite(path)
  onTestFinished(() => void other.close())
  other.exec('begin immediate')
  return { release: () => void other.exec('rollback') }
}

/** Waits in another thread for the lock, as long as a database does that is being opened. */
function waitAsWhileOpening(path: string): { begun: Promise<unknown>; hasEnded(): boolean } {
  const ended = new Int32Array(new SharedArrayBuffer(4))
  const thread = new Worker(
    `const { parentPort, workerData: { path, ended } } = require('node:worker_threads')
    const sqlite = new (require('better-sqlite3'))(path, { timeout: 5_000 })
    parentPort.postMessage('begun')
    try { sqlite.exec('begin immediate; rollback') } catch {}
    Atomics.store(ended, 0, 1)
    sqlite.close()`,
    { eval: true, workerData: { path, ended } },
  )
  onTestFinished(async () => void (await thread.terminate()))
  return { begun: once(thread, 'message'), hasEnded: () => Atomics.load(ended, 0) === 1 }
}

function integrityOf(path: string): unknown {
  const sqlite = new Sqlite(path, { readonly: true })
  const verdict = sqlite.pragma('integrity_check', { simple: true })
  sqlite.close()
  return verdict
}

async function countOf(store: Store, refreshId: number): Promise<[number, object | undefined]> {
  const [refresh] = await store.refreshes.byIds([refreshId])
  return [await probeCount(store, { refreshId }), refresh?.outcomeCounts]
}

describe('a database that another process has locked', () => {
  it('is reported soon, can be read meanwhile, and can be written after the lock is gone', async () => {
    const { store, path, refreshId, batch } = await fleet()
    const { release } = lock(path)
    const refused = { code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(/rollcall\.db is locked/) }
    const opening = waitAsWhileOpening(path)
    await opening.begun
    await expect(store.probes.commitBatch(batch)).rejects.toMatchObject(refused)
    await expect(store.refreshes.update(refreshId, { state: 'PROBING' })).rejects.toMatchObject(refused)
    expect(opening.hasEnded()).toBe(false)
    await store.ping()
    expect(await store.devices.count()).toBe(200)
    expect(await countOf(store, refreshId)).toEqual([0, {}])

    release()
    expect(await store.probes.commitBatch(batch)).toEqual(new Map([[refreshId, 200]]))
    expect(await countOf(store, refreshId)).toEqual([200, { TIMEOUT: 200 }])
  })
})

describe('a database for which no file can be opened', () => {
  it('is reported as a temporary failure, and accepts the same inventory later', async () => {
    const path = join(await temporaryFolder(), 'rollcall.db')
    const script = fileURLToPath(new URL('../support/without-files.ts', import.meta.url))
    const command = ['-c', 'ulimit -n 64 && exec "$@"', 'bash', process.execPath, script, path]
    const { stdout } = await promisify(execFile)('bash', command)
    const message = `The database ${path} cannot open its files at present; check its folder, the disk, and the limit of open files (ulimit -n).`
    expect(JSON.parse(stdout)).toEqual({ without: { code: 'DATABASE_UNAVAILABLE', message }, again: 5_000 })
  })
})

describe('a database on a full disk', () => {
  it('is reported, keeps its data, and accepts the same batch when there is space', async (context) => {
    const disk = await smallDisk(context, 8)
    const { store, path, refreshId, batch } = await fleet(disk.folder)
    await disk.fill()
    // What fits into pages that the log has used before needs no space.
    const filling = { ...batch[0], refreshId: null, report: report({ message: 'x'.repeat(1_000_000) }) }
    const refused = {
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/rollcall\.db cannot grow because its disk is full; free some space\.$/),
    }
    await expect(store.probes.commitBatch([filling as ProbeResult])).rejects.toMatchObject(refused)
    await expect(store.probes.commitBatch(batch)).rejects.toMatchObject(refused)
    expect(await countOf(store, refreshId)).toEqual([0, {}])
    expect(await store.devices.count()).toBe(200)

    await disk.free()
    expect(await store.probes.commitBatch(batch)).toEqual(new Map([[refreshId, 200]]))
    expect(await countOf(store, refreshId)).toEqual([200, { TIMEOUT: 200 }])
    expect(integrityOf(path)).toBe('ok')
  })
})

it('recording the last use of a token does not wait for a locked database; other writes do', async () => {
  const { store, database, statements } = await newStore()
  await store.tokens.create({ name: 'ci', role: 'OPERATOR', hash: 'h1', at: 1_000 })
  lock(database)
  statements.length = 0
  await expect(store.tokens.noteUse(1, 5_000)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  expect(statements).toEqual([
    'pragma busy_timeout = 0',
    expect.stringMatching(/^update "tokens"/),
    'pragma busy_timeout = 50',
  ])
  expect(await store.tokens.byHash('h1')).toMatchObject({ lastUsedAt: null })
})
