import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { withTokens } from '../../src/cli/token-database.ts'
import { newStore, temporaryFolder } from '../store/support/fixture.ts'
import { runInProcess } from './run-in-process.ts'

it('changes of tokens are tried again while a gateway is writing', async () => {
  const { store, database: path } = await newStore()
  await store.tokens.create({ name: 'ci', role: 'ADMIN', hash: 'x', at: 1_000 })
  const busy = new Sqlite(path)
  onTestFinished(() => void busy.close())
  let tries = 0
  const revoked = await withTokens({ database: path }, (tokens) => {
    tries += 1
    busy.exec(tries === 1 ? 'begin immediate' : 'rollback')
    return tokens.revoke('ci', 2_000)
  })
  expect([revoked, tries]).toEqual([true, 2])
})

it('a failure is reported in one sentence', async () => {
  const cwd = await temporaryFolder()
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runInProcess(['token', ...args], { cwd })
    return [code, stdout, stderr]
  }
  expect(await run('list')).toEqual([
    1,
    '',
    expect.stringMatching(/^rollcall: There is no database at .*rollcall\.db/),
  ])
  expect(await run('create', 'ci', '--role', 'root')).toEqual([
    2,
    '',
    expect.stringMatching(/^rollcall: .*Allowed choices are VIEWER, OPERATOR, ADMIN\.\n$/),
  ])
  expect(await run('create', 'source:global', '--role', 'ADMIN')).toEqual([
    2,
    '',
    expect.stringMatching(/^rollcall: .*The name is reserved by Rollcall/),
  ])
  expect(await readdir(cwd)).toEqual([])

  const known = { name: 'ci', role: 'VIEWER', hash: 'x', at: 1_000 } as const
  await withTokens({ database: join(cwd, 'rollcall.db') }, (tokens) => tokens.create(known), { create: true })
  expect(await run('create', 'ci', '--role', 'ADMIN')).toEqual([
    1,
    '',
    expect.stringMatching(/^rollcall: There is a token "ci" already;/),
  ])
  expect(await run('revoke', 'other')).toEqual([
    1,
    '',
    expect.stringMatching(/^rollcall: There is no token "other" that could be revoked;/),
  ])
})
