import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore } from '../../../src/store/store.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the server, and the name of an empty database that is up to date. */
    postgres: { server: string; template: string }
  }
}

/** Makes the database that those of the tests are copied from. All are removed at the end. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = process.env.TEST_POSTGRES ?? ''
  const template = `rollcall_test_${process.pid}`
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  await client.query(`create database ${template} template template0 encoding UTF8`)
  const url = new URL(server)
  url.pathname = `/${template}`
  const store = await openStore({ database: url.href, log: silentLogger })
  await store.close()
  provide('postgres', { server, template })
  return async () => {
    const made = await client.query<{ name: string }>(
      `select datname as name from pg_database where datname like '${template}%'`,
    )
    for (const { name } of made.rows) await client.query(`drop database ${name} with (force)`)
    await client.end()
  }
}
