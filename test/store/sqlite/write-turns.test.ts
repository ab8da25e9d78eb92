import { sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { openSqlite } from '../../../src/store/sqlite/dialect.ts'
import { FilesHealth } from '../../../src/store/sqlite/files-health.ts'
import { newStore } from '../support/fixture.ts'

it('a statement after SQLite has rolled back its transaction does not wait for its own turn', async () => {
  const { database: path } = await newStore()
  const health = new FilesHealth(silentLogger)
  const { db, letAnotherWrite } = openSqlite({ path, health, onStatement: () => {}, onCommit: () => {} })
  onTestFinished(() => db.destroy())
  await sql`pragma max_page_count = 1`.execute(db)
  const full = { code: 'DATABASE_UNAVAILABLE', message: expect.stringContaining('its disk is full') }
  const tooLarge = sql`insert into capability_sets (hash, uris) values ('full', ${'x'.repeat(10_000_000)})`
  const filled = db.transaction().execute(async (transaction) => {
    await expect(tooLarge.execute(transaction)).rejects.toMatchObject(full)
    await tooLarge.execute(transaction)
  })
  await expect(filled).rejects.toMatchObject(full)
  expect(await letAnotherWrite(async () => 'in turn')).toBe('in turn')
})
