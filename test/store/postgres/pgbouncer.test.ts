import { afterAll, beforeAll, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore } from '../../../src/store/store.ts'
import { startPgBouncer } from '../../support/pgbouncer.ts'
import { TemporaryPostgres } from '../../support/temporary-postgres.ts'

let server: TemporaryPostgres
beforeAll(async () => {
  server = await TemporaryPostgres.start()
})
afterAll(() => server[Symbol.asyncDispose]())

const through = (port: number) => server.url().replace(`:${server.port}/`, `:${port}/`)

it('is refused if it pools by transaction, before anything is written', async (context) => {
  const port = await startPgBouncer(context, server, 'transaction')
  // The pool is not empty, as it would not be where others use it.
  for (let time = 0; time < 3; time += 1) {
    await expect(openStore({ database: through(port), log: silentLogger })).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringMatching(
        /is behind a pooler that pools by transaction, and Rollcall needs sessions of its own; connect to PostgreSQL directly, or have it pool by session \(PgBouncer: pool_mode = session\)\.$/,
      ),
    })
  }
  const [found] = await server.query<{ tables: number }>(
    "select count(*)::int as tables from pg_tables where schemaname = 'public'",
  )
  expect(found).toEqual({ tables: 0 })
})

it('is used if it pools by session', async (context) => {
  const port = await startPgBouncer(context, server, 'session')
  const stores = [
    await openStore({ database: through(port), log: silentLogger }),
    await openStore({ database: through(port), log: silentLogger }),
  ]
  const [one, other] = stores
  const before = other?.version
  await one?.tokens.create({ name: 'ci', role: 'VIEWER', hash: 'h', at: 1 })
  await expect.poll(() => other?.version).not.toBe(before)
  const lock = await one?.lock()
  await expect(other?.lock()).rejects.toMatchObject({ code: 'DATABASE_IN_USE' })
  await lock?.close()
  for (const store of stores) await store.close()
})
