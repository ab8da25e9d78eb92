import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startApi } from '../../support/api-server.ts'

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5_000))})`
const PAGE = { headers: { accept: 'text/html,application/xhtml+xml' } }

/** An API with a built console of one page and one script. */
async function startWithConsole() {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-console-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Rollcall</title>')
  await writeFile(join(folder, 'assets/index-abc.js'), SCRIPT)
  const { server } = await startApi([], { console: folder })
  return server.url
}

it.each(['/', '/devices?q=site:FRA', '/countries/Chad'])('serves the page at %s', async (path) => {
  const response = await fetch((await startWithConsole()) + path, PAGE)
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('<title>Rollcall</title>')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
})

it('serves an asset compressed, to be kept for ever', async () => {
  const response = await fetch(`${await startWithConsole()}/assets/index-abc.js`)
  expect(await response.text()).toBe(SCRIPT)
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(response.headers.get('content-encoding')).not.toBeNull()
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
})

it('answers 304 to a browser that has the page', async () => {
  const url = await startWithConsole()
  const etag = (await fetch(url, PAGE)).headers.get('etag') ?? ''
  const again = await fetch(url, { headers: { ...PAGE.headers, 'if-none-match': etag } })
  expect(again.status).toBe(304)
})

it.each([
  ['a path that programs ask for', '/nothing', {}],
  ['an asset of another build', '/assets/index-old.js', {}],
  ['a file outside of the build', '/assets/..%2f..%2fpackage.json', {}],
])('answers 404 for %s', async (_name, path, init) => {
  const response = await fetch((await startWithConsole()) + path, init)
  expect(response.status).toBe(404)
})

it('leaves the other paths as they are', async () => {
  const response = await fetch(`${await startWithConsole()}/healthz`, PAGE)
  expect(await response.text()).toBe('alive\n')
})
