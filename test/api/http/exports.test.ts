import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planInventory } from '../../../src/inventory/plan.ts'
import { rankOf } from '../../../src/inventory/precedence.ts'
import type { ProbeReport } from '../../../src/netconf/report/probe-report.ts'
import { createSource } from '../../../src/sources/create-source.ts'
import type { Store } from '../../../src/store/store.ts'
import {
  FIRST_TRY,
  idsByName,
  newRefresh,
  record,
  report,
  sync,
  temporaryFolder,
} from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { atOnce } from '../../support/at-once.ts'
import { writeSettled } from '../../support/settled-file.ts'

const PATHS = ['/export/hierarchy.json', '/export/devices.ndjson']

const NETWORK = [
  record('Austria/Graz/a1', { address: '192.0.2.1' }),
  record('Austria/Graz/a2', { address: '192.0.2.4', port: 2022 }),
  record('Brazil/Graz/b1', {
    address: '2001:db8::1',
    region: 'LATAM',
    platform: 'iosxe',
    credential: 'core',
  }),
  record('Brazil/Natal/b2', { region: 'LATAM', key: '17' }),
  record('__proto__/__proto__/__proto__', { address: '192.0.2.2' }),
]

async function probed(store: Store, name: string, fields: Partial<ProbeReport> = {}): Promise<void> {
  const { id: refreshId } = await newRefresh(store)
  const deviceId = (await idsByName(store))[name] ?? 0
  await store.probes.commitBatch([{ refreshId, deviceId, ...FIRST_TRY, report: report(fields) }])
}

async function read({ server }: RunningApi, path: string): Promise<string> {
  const response = await fetch(`${server.url}${path}`)
  expect(response.status).toBe(200)
  return await response.text()
}

describe('the exports', () => {
  it('contain the hierarchy and the list of supported devices, or of all active devices', async () => {
    const api = await startApi(NETWORK)
    await sync(api.store, NETWORK.slice(0, -1))
    await probed(api.store, 'a1')
    await probed(api.store, 'a2', { outcome: 'TIMEOUT', phase: 'HELLO', message: 'It sent no hello.' })
    expect(JSON.parse(await read(api, '/export/hierarchy.json'))).toEqual({
      Austria: { Graz: { a1: '192.0.2.1' } },
    })
    expect(JSON.parse(await read(api, '/export/hierarchy.json?all=true'))).toEqual({
      Austria: { Graz: { a1: '192.0.2.1', a2: '192.0.2.4' } },
      Brazil: {
        Graz: { b1: '2001:db8::1' },
        Natal: { b2: 'b2.example.net' },
      },
    })
    const lines = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    expect(lines(await read(api, '/export/devices.ndjson?all=false'))).toEqual([
      {
        name: 'a1',
        address: '192.0.2.1',
        port: 830,
        site: 'Graz',
        country: 'Austria',
        region: null,
        platform: null,
        credential: null,
        key: null,
        lifecycle: 'ACTIVE',
        netconfSupported: true,
        lastOutcome: 'SUPPORTED',
        lastProbedAt: expect.stringMatching(/^1970-01-01T00:00:10\.\d{3}Z$/),
        phase: 'CLOSE',
        message: null,
      },
    ])
    const all = lines(await read(api, '/export/devices.ndjson?all=true'))
    expect(all.map(({ name }) => name)).toEqual(['a1', 'a2', 'b1', 'b2'])
    expect(all[1]).toMatchObject({ lastOutcome: 'TIMEOUT', phase: 'HELLO', message: 'It sent no hello.' })
    expect(all[3]).toMatchObject({ key: '17', netconfSupported: null, lastProbedAt: null, phase: null })
  })

  it('of an empty inventory are an empty hierarchy and no line', async () => {
    const api = await startApi([])
    expect(await read(api, '/export/hierarchy.json')).toBe('{}\n')
    expect(await read(api, '/export/devices.ndjson')).toBe('')
  })

  it('change nothing when they are imported again', async () => {
    const api = await startApi(NETWORK)
    for (const path of PATHS) {
      const file = join(await temporaryFolder(), basename(path))
      await writeSettled(file, await read(api, `${path}?all=true`))
      const source = createSource(
        { name: 'global', type: 'file', path: file, fields: {} },
        { defaultPort: 830 },
      )
      const inventory = await source.fetch(AbortSignal.timeout(10_000))
      expect(inventory.rejected).toEqual([])
      const known = await api.store.inventory.known()
      const { diff } = atOnce(planInventory(known, inventory, rankOf('global', ['global'])))
      expect(diff).toMatchObject({ created: [], updated: [], restored: [], decommissioned: [] })
      expect(diff.unchanged).toHaveLength(NETWORK.length)
    }
  })

  it.each(PATHS)('%s has an entity tag, and is sent again only after a change', async (path) => {
    const { server, store } = await startApi(NETWORK)
    const ask = (tag: string, query = '?all=true') =>
      fetch(`${server.url}${path}${query}`, { headers: { 'if-none-match': tag } })
    const first = await fetch(`${server.url}${path}?all=true`)
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^W\/"[\w-]+"$/)
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    expect((await first.text()).length).toBeGreaterThan(0)
    for (const known of [tag, `"x", ${tag}`, tag.slice(2), '*']) {
      const again = await ask(known)
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag])
    }
    for (const other of ['"x"', '']) expect((await ask(other)).status).toBe(200)
    expect((await ask(tag, '')).status).toBe(200)
    await sync(store, NETWORK, { at: 9_000 })
    expect((await ask(tag)).status).toBe(304)
    await probed(store, 'a2')
    const probedTag = (await ask(tag)).headers.get('etag') ?? ''
    expect(probedTag).not.toBe(tag)
    await sync(store, NETWORK.slice(1))
    expect((await ask(probedTag)).status).toBe(200)
  })

  it.each(PATHS)('%s has an entity tag that depends on its selection', async (path) => {
    const { server } = await startApi(NETWORK)
    const tags = await Promise.all(
      PATHS.map(async (each) => (await fetch(`${server.url}${each}`)).headers.get('etag')),
    )
    expect(new Set(tags).size).toBe(PATHS.length)
    const other = tags[1 - PATHS.indexOf(path)] ?? ''
    const answer = await fetch(`${server.url}${path}`, { headers: { 'if-none-match': other } })
    expect(answer.status).toBe(200)
  })

  it.each(PATHS)('%s accepts HEAD, and refuses writing methods', async (path) => {
    const { server } = await startApi(NETWORK)
    const url = `${server.url}${path}?all=true`
    const whole = await fetch(url)
    await whole.text()
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    for (const name of ['etag', 'content-type', 'cache-control'])
      expect(head.headers.get(name)).toBe(whole.headers.get(name))
    const known = { 'if-none-match': head.headers.get('etag') ?? '' }
    expect((await fetch(url, { method: 'HEAD', headers: known })).status).toBe(304)
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const refused = await fetch(url, { method, body: 'x' })
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    }
    const unclear = await fetch(`${server.url}${path}?all=yes`)
    expect([unclear.status, await unclear.text()]).toEqual([
      400,
      '"all" is true, for every active device, or false, for those supported.\n',
    ])
  })

  it.each(PATHS)('%s is refused if the database is gone, and the log has the cause', async (path) => {
    const { server, store, logged } = await startApi(NETWORK)
    await store.close()
    const answer = await fetch(`${server.url}${path}`)
    expect([answer.status, await answer.text()]).toEqual([
      503,
      'The export cannot be read; the log says why.\n',
    ])
    expect(logged).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('an export could not be read') }),
    )
  })
})
