import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { startApi } from '../support/api-server.ts'
import { freePort } from '../support/free-port.ts'
import { runInProcess } from './run-in-process.ts'

const health = async (...args: string[]) =>
  await runInProcess(['health', ...args], { cwd: await temporaryFolder() })

it('says that a gateway is ready', async () => {
  const { server } = await startApi([])
  expect(await health('--url', server.url)).toEqual({
    code: 0,
    stdout: 'The gateway is ready.\n',
    stderr: '',
  })
  const { code, stdout } = await health('--url', server.url, '--json')
  expect(JSON.parse(stdout)).toMatchObject({ ready: true, problems: [], processes: [{ role: 'ALL' }] })
  expect(code).toBe(0)
})

it('exits with 1 and says why a gateway is not ready', async () => {
  const { server, store } = await startApi([])
  await store.close()
  expect(await health('--url', server.url)).toEqual({
    code: 1,
    stdout: 'The database cannot be read; the log says why.\n',
    stderr: '',
  })
})

it.each(['127.0.0.1', '0.0.0.0', '::'])(
  'asks the gateway that the configuration lets listen on %s',
  async (host) => {
    const port = await freePort()
    const auth = { mode: 'tokens' } as const
    await startApi([], { server: { host, port }, auth })
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'rollcall.yaml'), JSON.stringify({ server: { host, port }, auth }))
    expect(await runInProcess(['health'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'The gateway is ready.\n',
    })
  },
)

it('exits with 1 if nothing answers, or something else does', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const silent = await health('--url', url)
  expect(silent).toMatchObject({ code: 1, stdout: '' })
  expect(silent.stderr).toMatch(
    /^rollcall: http:\/\/127\.0\.0\.1:\d+ does not say whether it is ready \(.+\); check that the gateway runs\.\n$/,
  )
  for (const answer of ['"hello"', '{"ready":"yes","problems":[]}', '{"ready":false,"problems":{}}']) {
    const port = await freePort()
    const other = createServer((_request, response) => response.end(answer)).listen(port, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { code, stderr } = await health('--url', `http://127.0.0.1:${port}`)
    expect(stderr).toMatch(/ is no gateway of Rollcall; give /)
    expect(code).toBe(1)
  }
})

it('needs an address as --url', async () => {
  expect(await health('--url', 'localhost')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'rollcall: --url is not an address such as http://127.0.0.1:4000; correct it.\n',
  })
})
