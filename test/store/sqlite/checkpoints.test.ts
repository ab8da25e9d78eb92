import { existsSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { FIRST_TRY, idsByName, newStore, record, report, sync } from '../support/fixture.ts'

it('copies a long log into the database outside of commits, even during an export', async () => {
  const { store, database: path } = await newStore()
  // More than an export reads at a time.
  await sync(
    store,
    Array.from({ length: 1_001 }, (_, index) => record(`France/Paris/r${index}`)),
  )
  const { r1: deviceId = 0 } = await idsByName(store)
  const half = store.devices.list({ supportedOnly: false })
  onTestFinished(() => void half.return(undefined))
  expect((await half.next()).value).toHaveLength(1_000)
  const observer = new Sqlite(path)
  onTestFinished(() => void observer.close())
  const log = () =>
    observer.prepare<[], { log: number; checkpointed: number }>('pragma wal_checkpoint(NOOP)').get()
  expect(log()).toMatchObject({ checkpointed: 0 })

  // Some 5,000 pages: enough for the thread, too few for a commit.
  const message = 'x'.repeat(100_000)
  const result = { refreshId: null, deviceId, ...FIRST_TRY, report: report({ message }) }
  await store.probes.commitBatch(Array.from({ length: 200 }, () => result))
  const { log: pages = 0 } = log() ?? {}
  expect(pages).toBeGreaterThan(4_000)
  await expect.poll(() => log()?.checkpointed).toBe(pages)
  expect((await half.next()).value).toHaveLength(1)

  observer.close()
  await store.close()
  // SQLite removes it with the last connection, of whichever thread.
  expect(existsSync(`${path}-wal`)).toBe(false)
})
