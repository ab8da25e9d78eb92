import { open, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newRefresh, temporaryFolder } from '../store/support/fixture.ts'
import { startApi } from '../support/api-server.ts'
import { post } from '../support/graphql-answer.ts'
import { bearer } from '../support/tokens.ts'
import { runInProcess } from './run-in-process.ts'
import { runRollcall } from './run-rollcall.ts'

const WHO = '{ viewer { name role } }'
const PROGRESS = `subscription { refreshProgress(refreshId: "${Buffer.from('Refresh:1').toString('base64url')}") { state } }`

it('tokens can be created, listed and revoked beside a gateway, which notices at once', async () => {
  const api = await startApi([], { auth: { mode: 'tokens' } })
  await newRefresh(api.store)
  const cwd = dirname(api.path)
  await writeFile(join(cwd, 'rollcall.yaml'), 'database: ./rollcall.db\nauth: { mode: tokens }')
  const run = (...args: string[]) => runInProcess(['token', ...args], { cwd })

  // A secret is written straight to the stdout of a process, so that a full disk is noticed.
  const created = await runRollcall(['token', 'create', 'ci', '--role', 'operator'], { cwd })
  expect(created).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^rollcall_[\w-]{43}\n$/),
    stderr: 'Token "ci" (OPERATOR) was created. Its secret is not kept and cannot be shown again.\n',
  })
  const headers = bearer(created.stdout.trim())
  const answer = await post(api.url, WHO, {}, headers)
  expect(await answer.json()).toEqual({ data: { viewer: { name: 'ci', role: 'OPERATOR' } } })

  const accept = { accept: 'text/event-stream' }
  const followed = await post(api.url, PROGRESS, {}, { ...headers, ...accept })
  const text = followed.text()
  expect((await run('list')).stdout).toMatch(
    /^NAME +ROLE +CREATED +LAST USED +REVOKED\nci +OPERATOR +2\S+Z +2\S+Z +-\n$/,
  )
  expect(JSON.parse((await run('list', '--json')).stdout)).toEqual([
    {
      name: 'ci',
      role: 'OPERATOR',
      createdAt: expect.any(String),
      lastUsedAt: expect.any(String),
      revokedAt: null,
    },
  ])

  expect(await run('revoke', 'ci')).toMatchObject({ code: 0, stderr: 'Token "ci" was revoked.\n' })
  expect((await post(api.url, WHO, {}, headers)).status).toBe(401)
  expect(await text).toContain(
    '{"errors":[{"message":"The token was revoked.","extensions":{"code":"UNAUTHENTICATED"}}]}',
  )
})

it.skipIf(process.platform !== 'linux')('a token whose secret cannot be printed is revoked', async () => {
  const cwd = await temporaryFolder()
  const full = await open('/dev/full', 'w')
  onTestFinished(() => full.close())
  const create = ['token', 'create', 'ci', '--role', 'VIEWER']
  expect(await runRollcall(create, { cwd, stdout: full.fd })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^rollcall: The secret cannot be written to stdout \(ENOSPC.*\), so the token was revoked; .*\n$/,
    ),
  })
  const { stdout } = await runInProcess(['token', 'list', '--json'], { cwd })
  expect(JSON.parse(stdout)).toMatchObject([{ name: 'ci', revokedAt: expect.any(String) }])

  const again = await runRollcall([...create, '--json'], { cwd })
  expect(JSON.parse(again.stdout)).toEqual({
    name: 'ci',
    role: 'VIEWER',
    token: expect.stringMatching(/^rollcall_[\w-]{43}$/),
  })
  expect(again.stderr).toMatch(/created\..*\nIt is not asked for yet: set "auth\.mode" to tokens/)
  expect(again.code).toBe(0)
})
