import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { parsePostgresUrl } from '../../src/config/postgres-url.ts'

async function load(text: string, env: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-config-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, text)
  return loadConfig({ file, env })
}

it('accepts the URL of a PostgreSQL database, with the password in another place', async () => {
  const text = 'database: postgres://app@db.example/rollcall\npostgres: { passwordEnv: ROLLCALL_DB }'
  const { database, postgres } = await load(text, { ROLLCALL_DB: 'horse' })
  expect({ database, postgres }).toEqual({
    database: 'postgres://app@db.example/rollcall',
    postgres: { password: 'horse', ca: null },
  })
  await expect(load(text)).rejects.toThrow(
    '"postgres.passwordEnv" names the environment variable ROLLCALL_DB, which is not set.',
  )
})

it.each([
  ['postgres://app:horse@db.example/rollcall', 'holds a password, which others could read there'],
  ['postgres://app:horse@/rollcall', 'is no URL of a database; write postgres://USER@HOST/DATABASE'],
  ['postgres://db.example/rollcall', 'is no URL of a database; write postgres://USER@HOST/DATABASE'],
  ['postgres://app@db.example/rollcall?sslmode=prefer', 'has an sslmode that is none of disable, require'],
  ['postgres://app@db.example/rollcall?password=horse', 'has a parameter that is not known'],
])('refuses %s without repeating its secret', async (url, problem) => {
  const failure = await load(`database: "${url}"`).catch(String)
  expect(failure).toContain(`"database" ${problem}`)
  expect(failure).not.toContain('horse')
})

it('refuses a password in the file without repeating it', async () => {
  const failure = await load('postgres: { password: horse }').catch(String)
  expect(failure).toContain('"postgres.password" would keep a secret in this file')
  expect(failure).not.toContain('horse')
})

it.each([
  ['postgres://app@db.example/rollcall', 'db.example', 'verify-full'],
  ['postgresql://app@127.0.0.1:5433/rollcall', '127.0.0.1', 'disable'],
  ['postgres://app@[::1]/rollcall', '::1', 'disable'],
  ['postgres://app@%2Frun%2Fpostgresql/rollcall', '/run/postgresql', 'disable'],
  ['postgres://app@db.example/rollcall?sslmode=require', 'db.example', 'require'],
])('encrypts a connection unless it stays on this machine: %s', (url, host, sslMode) => {
  expect(parsePostgresUrl(url)).toMatchObject({ host, sslMode, user: 'app', database: 'rollcall' })
})
