import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Webhook } from 'standardwebhooks'
import { expect, it, onTestFinished } from 'vitest'
import { ROOT, readDocument } from '../house/markdown.ts'
import { SIGNING_SECRET, startReceiver } from '../refresh/support/receiver.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { runInProcess } from './run-in-process.ts'

const env = { HOOK: SIGNING_SECRET }

/** Runs `rollcall notify test` with receivers at these addresses. */
async function notifyTest(urls: string[], ...args: string[]) {
  const cwd = await temporaryFolder()
  const notify = urls.map((url) => ({ url, secretEnv: 'HOOK', on: ['plan.awaiting'] }))
  await writeFile(join(cwd, 'rollcall.yaml'), JSON.stringify({ notify }))
  return await runInProcess(['notify', 'test', ...args], { cwd, env })
}

it('sends a webhook to each receiver, and says which ones took it', async () => {
  const good = await startReceiver()
  const bad = await startReceiver((response) => void response.writeHead(404).end())
  const port = await freePort()
  const { code, stdout, stderr } = await notifyTest([
    good.receiver.url,
    bad.receiver.url,
    `http://127.0.0.1:${port}/`,
  ])
  expect(stdout.trim().split('\n')).toEqual([
    `${good.server.url} took the webhook.`,
    `${bad.server.url} answered HTTP 404 Not Found.`,
    expect.stringContaining(`http://127.0.0.1:${port} cannot be reached (ECONNREFUSED: `),
  ])
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  const { body = '', headers } = good.requests[0] ?? {}
  expect(new Webhook(SIGNING_SECRET).verify(body, headers as Record<string, string>)).toMatchObject({
    type: 'notify.test',
    data: { message: 'This is a test of Rollcall. Nothing has happened.' },
  })
})

it('exits with 0 if all took it, and prints JSON', async () => {
  const { receiver, server } = await startReceiver()
  const { code, stdout } = await notifyTest([receiver.url], '--json')
  expect(JSON.parse(stdout)).toEqual([{ url: server.url, problem: null }])
  expect(code).toBe(0)
})

it('needs a receiver', async () => {
  expect(await notifyTest([])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'rollcall: The configuration has no receivers; add one under `notify`.\n',
  })
})

it('is received by the example of the documentation, which refuses other signatures', async () => {
  const [, example = ''] = /```js\n([\s\S]*?)```/.exec(readDocument('docs/notifications.md')) ?? []
  // Within the folder of the packages, so that it finds its own.
  const folder = await mkdtemp(join(ROOT, 'node_modules/.receiver-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'receiver.js'), example)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const port = await freePort()
  const child = spawn(process.execPath, ['receiver.js'], {
    cwd: folder,
    env: { WEBHOOK_SECRET: SIGNING_SECRET, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  })
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  const url = `http://127.0.0.1:${port}`
  const forge = () => fetch(url, { method: 'POST', body: '{}' })
  const { status } = await until(() => forge().catch(() => false as const))
  expect(status).toBe(401)
  expect(await notifyTest([url])).toMatchObject({ code: 0, stdout: `${url} took the webhook.\n` })
  await until(() => lines.length > 0)
  expect(lines).toEqual([
    expect.stringMatching(/^msg_\S{27} notify\.test This is a test of Rollcall\. Nothing has happened\.$/),
  ])
})
