import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { TemporaryPostgres } from '../support/temporary-postgres.ts'
import { runInProcess } from './run-in-process.ts'

const PASSWORD = 'correct horse'

let server: TemporaryPostgres
beforeAll(async () => {
  server = await TemporaryPostgres.start({ auth: 'scram-sha-256' })
  await server.query(`create role app login password '${PASSWORD}'`)
  await server.query('create database own')
  await server.query('create schema rollcall_queue', 'own')
})
afterAll(() => server[Symbol.asyncDispose]())

it.each<[string, () => string, string, RegExp]>([
  [
    'its password is wrong',
    () => server.url('own', 'app'),
    'wrong',
    /refuses the password; check the one that/,
  ],
  ['its database does not exist', () => server.url('missing', 'app'), PASSWORD, /does not exist; create it/],
  [
    'nobody listens on the port',
    () => 'postgres://app@127.0.0.1:1/own',
    PASSWORD,
    /cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:1\); check the host and the port/,
  ],
  [
    'its user has no rights on the queue',
    () => server.url('own', 'app'),
    PASSWORD,
    /may not be used by this user as Rollcall does \(permission denied for schema rollcall_queue\); make/,
  ],
])('a prober ends with one sentence if %s', async (_name, database, password, message) => {
  const folder = await temporaryFolder()
  const file = join(folder, 'prober.yaml')
  await writeFile(file, JSON.stringify({ database: database(), postgres: { passwordEnv: 'DB_PASSWORD' } }))
  const args = ['prober', '--region', 'EMEA', '--config', file]
  const { code, stderr } = await runInProcess(args, { cwd: folder, env: { DB_PASSWORD: password } })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^rollcall: The database postgres:\/\/app@[^\n]+\.\n$/)
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/horse|wrong/)
})
