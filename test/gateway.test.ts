import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { silentLogger } from '../src/base/log.ts'
import type { Config } from '../src/config/schema.ts'
import { type Gateway, openEngine, startGateway } from '../src/gateway.ts'
import { EVERYTHING } from '../src/refresh/scope.ts'
import { type FleetOptions, startFleet } from '../src/simulator/fleet.ts'
import { openStore } from '../src/store/store.ts'
import { temporaryFolder } from './store/support/fixture.ts'
import { type ConfigOverrides, defaultConfig } from './support/default-config.ts'
import { dataOf } from './support/graphql-answer.ts'
import { writeSettled } from './support/settled-file.ts'
import { allOf, type Events, nextOf, overSse, TRANSPORTS } from './support/subscribers.ts'

/** The configuration of a gateway over simulated devices, which the inventory file lists. */
async function configOver(fleetOptions: FleetOptions, overrides: ConfigOverrides = {}): Promise<Config> {
  const fleet = await startFleet(fleetOptions)
  onTestFinished(() => fleet.close())
  const folder = await temporaryFolder()
  const path = join(folder, 'inventory.json')
  await writeSettled(
    path,
    JSON.stringify([...fleet.inventory, { name: 'no-address', site: 'x', country: 'x' }]),
  )
  return defaultConfig({
    server: { port: 0 },
    database: join(folder, 'rollcall.db'),
    sources: [{ name: 'global', type: 'file', path, fields: {} }],
    credentials: [{ name: 'fleet', ...fleet.credential, match: null }],
    ...overrides,
  })
}

async function started(config: Config): Promise<Gateway> {
  const gateway = await startGateway({ config, log: silentLogger })
  onTestFinished(() => gateway.close())
  return gateway
}

interface ProgressEvent {
  refreshProgress: { state: string; done: number }
}

/** How the newest refresh stands, from now on. */
async function followNewest({ url }: Gateway, connect = overSse): Promise<Events<ProgressEvent>> {
  const { refreshes } = await dataOf<{ refreshes: { nodes: { id: string }[] } }>(
    `${url}/graphql`,
    '{ refreshes(first: 1) { nodes { id } } }',
  )
  return connect(`${url}/graphql`).subscribe<ProgressEvent>(
    'subscription Progress($id: ID!) { refreshProgress(refreshId: $id) { state done } }',
    { id: refreshes.nodes[0]?.id },
  )
}

/** How the subscription tells that the refresh ended; fails where it does not complete after that. */
async function endOf(events: Events<ProgressEvent>): Promise<ProgressEvent['refreshProgress'] | undefined> {
  return (await allOf(events)).at(-1)?.refreshProgress
}

async function portInUse(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.')
  return address.port
}

describe('startGateway', () => {
  it('syncs the inventory, probes it, answers, and leaves nothing behind when it closes', async () => {
    const config = await configOver({ devices: 30, faulty: 0 })
    const gateway = await started(config)
    const readyAt = Date.now()
    expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await endOf(await followNewest(gateway))).toEqual({ state: 'COMPLETED', done: 30 })
    const query = `{
      summary { devices supported byOutcome { outcome count } }
      refreshes { nodes { trigger scope { sync } error } }
      gateway { startedAt nextScheduledRefreshAt lastCompletedRefresh { state } }
      devices(first: 1, filter: { netconfSupported: true }) { nodes { source nextProbeAt probeHold } }
    }`
    const data = await dataOf<{ gateway: { startedAt: string; nextScheduledRefreshAt: string } }>(
      `${gateway.url}/graphql`,
      query,
    )
    const { startedAt, nextScheduledRefreshAt } = data.gateway
    expect(data).toEqual({
      summary: {
        devices: 30,
        supported: 30,
        byOutcome: [{ outcome: 'SUPPORTED', count: 30 }],
      },
      refreshes: { nodes: [{ trigger: 'STARTUP', scope: { sync: true }, error: null }] },
      gateway: { startedAt, nextScheduledRefreshAt, lastCompletedRefresh: { state: 'COMPLETED' } },
      devices: { nodes: [{ source: 'global', nextProbeAt: nextScheduledRefreshAt, probeHold: null }] },
    })
    const scheduledAt = Date.parse(nextScheduledRefreshAt) - config.schedule.everyMs
    expect(scheduledAt).toBeGreaterThanOrEqual(Date.parse(startedAt))
    expect(scheduledAt).toBeLessThanOrEqual(readyAt)

    await gateway.close()
    await gateway.close()
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow('fetch failed')
    expect(existsSync(`${config.database}-wal`)).toBe(false)
    const again = await started({
      ...config,
      server: { ...config.server, port: Number(new URL(gateway.url).port) },
    })
    expect(again.url).toBe(gateway.url)
  })

  it('interrupts a refresh when it closes, reports that, and continues it at the next start', async () => {
    const config = await configOver({ devices: 8, faulty: 8 }, { probe: { timeoutMs: 1_500 } })
    // One device after the other, so that much is left to do however late it is closed.
    const gateway = await started({
      ...config,
      probe: { ...config.probe, timeoutMs: 4_000 },
      throttle: { ...config.throttle, concurrency: 1 },
    })
    const followers = await Promise.all(TRANSPORTS.map(({ connect }) => followNewest(gateway, connect)))
    await Promise.all(followers.map(nextOf))
    await gateway.close()
    const [end, ...others] = await Promise.all(followers.map(endOf))
    expect(end?.state).toBe('INTERRUPTED')
    expect(end?.done).toBeLessThan(8)
    expect(others).toEqual([end])

    const next = await started({ ...config, schedule: { ...config.schedule, onStart: false } })
    expect(await endOf(await followNewest(next))).toEqual({ state: 'COMPLETED', done: 8 })
    const query = '{ refreshes { nodes { state error probes { totalCount nodes { device { name } } } } } }'
    const { refreshes } = await dataOf<{
      refreshes: { nodes: { error: string | null; probes: { nodes: { device: { name: string } }[] } }[] }
    }>(`${next.url}/graphql`, query)
    expect(refreshes.nodes).toHaveLength(1)
    expect(refreshes.nodes[0]?.error).toBeNull()
    const names = refreshes.nodes[0]?.probes.nodes.map(({ device }) => device.name)
    expect(new Set(names).size).toBe(8)
  })

  it('serves without its inventory file, and the refresh reports the failure', async () => {
    const config = await configOver({ devices: 1, faulty: 0 })
    const path = `${config.database}.inventory.csv`
    const gateway = await started({
      ...config,
      sources: [
        {
          name: 'global',
          type: 'file',
          path,
          fields: {},
          ceiling: { decommission: 0.1, move: 0.1, atLeast: 20 },
        },
      ],
    })
    expect(await endOf(await followNewest(gateway))).toEqual({ state: 'FAILED', done: 0 })
    const { refreshes } = await dataOf<{ refreshes: { nodes: { error: string }[] } }>(
      `${gateway.url}/graphql`,
      '{ refreshes { nodes { error } } }',
    )
    expect(refreshes.nodes[0]?.error).toContain('rollcall.db.inventory.csv does not exist')
    expect(refreshes.nodes[0]?.error).not.toContain('\n')
  })

  it('locks its database until it closes', async () => {
    const config = await configOver({ devices: 1, faulty: 0 }, { schedule: { onStart: false } })
    const first = await started(config)
    await expect(startGateway({ config, log: silentLogger })).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
      message: `The database ${config.database} is in use by another process, a gateway or \`rollcall refresh\`; end that one, or set \`database\` to another file.`,
    })
    await expect(openEngine({ config, log: silentLogger })).rejects.toMatchObject({ code: 'DATABASE_IN_USE' })
    await first.close()
    expect((await started(config)).url).toMatch(/^http:/)
  })

  it('is not ready after its database was removed, and its refreshes wait', async () => {
    const config = await configOver({ devices: 3, faulty: 0 }, { schedule: { onStart: false } })
    const gateway = await started(config)
    const ready = async () => {
      const response = await fetch(`${gateway.url}/readyz`)
      return { status: response.status, text: await response.text() }
    }
    expect((await ready()).status).toBe(200)
    await rename(config.database, `${config.database}.away`)
    const { status, text } = await ready()
    expect(status).toBe(503)
    expect(JSON.parse(text)).toMatchObject({
      ready: false,
      problems: [
        'The database cannot be written at present (its file was removed or replaced). The log says more.',
      ],
    })
    const request = {
      trigger: 'SCHEDULE',
      requestedBy: null,
      scope: EVERYTHING,
      sync: true,
      force: false,
    } as const
    const requested = gateway.refreshes.request(request)
    await expect.poll(() => gateway.refreshes.pausedBecause).toMatch(/its file was removed or replaced/)
    await rename(`${config.database}.away`, config.database)
    const { refresh } = await requested
    expect(await gateway.refreshes.ended(refresh)).toMatchObject({ state: 'COMPLETED', total: 3 })
    expect((await ready()).status).toBe(200)
  })

  it('reports in one sentence that the port is in use, and leaves nothing open', async () => {
    const config = await configOver({ devices: 1, faulty: 0 })
    const port = await portInUse()
    const printed = vi.spyOn(console, 'error')
    onTestFinished(() => printed.mockRestore())
    await expect(
      startGateway({ config: { ...config, server: { ...config.server, port } }, log: silentLogger }),
    ).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: `Port ${port} on 127.0.0.1 is in use. Set \`server.port\` to another port or stop the other process.`,
    })
    expect(printed).not.toHaveBeenCalled()
    expect(existsSync(`${config.database}-wal`)).toBe(false)
    const store = await openStore({ database: config.database, log: silentLogger })
    expect(await store.refreshes.count()).toBe(0)
    await store.close()
  })

  it.each([
    [
      'a folder that does not exist',
      (folder: string) => join(folder, 'none', 'rollcall.db'),
      /folder .* does not exist/,
    ],
    ['a folder in place of a file', (folder: string) => folder, /is a folder; name a file for it\.$/],
    ['a file that is no database', (folder: string) => join(folder, 'text.db'), /is not a SQLite database/],
  ])('reports in one sentence that the database cannot be used: %s', async (_what, databaseIn, message) => {
    const folder = await temporaryFolder()
    await writeFile(
      join(folder, 'text.db'),
      'This is a text, and longer than the header of a database is.'.repeat(50),
    )
    const config = defaultConfig({ server: { port: 0 }, database: databaseIn(folder) })
    const failure = await startGateway({ config, log: silentLogger }).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code: 'DATABASE_FAILED', message: expect.stringMatching(message) })
    expect(failure).toMatchObject({ message: expect.stringContaining(config.database) })
  })
})

describe('openEngine', () => {
  it('runs a refresh without a server', async () => {
    const config = await configOver({ devices: 3, faulty: 0 })
    const engine = await openEngine({ config, log: silentLogger })
    const { refresh } = await engine.refreshes.request({
      trigger: 'CLI',
      requestedBy: null,
      scope: EVERYTHING,
      sync: true,
      force: false,
    })
    const { state, outcomeCounts } = await engine.refreshes.ended(refresh)
    expect({ state, outcomeCounts }).toEqual({ state: 'COMPLETED', outcomeCounts: { SUPPORTED: 3 } })
    await expect(startGateway({ config, log: silentLogger })).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
    })
    await engine.close()
    await engine.close()
    expect(existsSync(`${config.database}-wal`)).toBe(false)
  })

  it('syncs beside a gateway, which then returns the changed devices', async () => {
    const config = await configOver({ devices: 3, faulty: 0 }, { schedule: { onStart: false } })
    const gateway = await started(config)
    const query = '{ devices { totalCount } }'
    expect(await dataOf(`${gateway.url}/graphql`, query)).toEqual({ devices: { totalCount: 0 } })
    const engine = await openEngine({ config, log: silentLogger, besideGateway: true })
    onTestFinished(() => engine.close())
    await Promise.all([
      engine.refreshes.sync(new AbortController().signal),
      gateway.refreshes.syncInventory({ dryRun: false, requestedBy: null }),
    ])
    expect(await dataOf(`${gateway.url}/graphql`, query)).toEqual({ devices: { totalCount: 3 } })
    expect(await gateway.store.changes.count()).toBe(3)
  })
})
