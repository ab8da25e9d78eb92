import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../src/base/log.ts'
import type { Config } from '../src/config/schema.ts'
import { type Gateway, startGateway } from '../src/gateway.ts'
import { type RunningProber, startProber } from '../src/prober.ts'
import { EVERYTHING } from '../src/refresh/scope.ts'
import { type Fleet, startFleet } from '../src/simulator/fleet.ts'
import type { RefreshRow } from '../src/store/refresh-store.ts'
import { type Running, startRollcall } from './cli/run-rollcall.ts'
import { temporaryFolder } from './store/support/fixture.ts'
import { defaultConfig } from './support/default-config.ts'
import { startPgBouncer } from './support/pgbouncer.ts'
import { writeSettled } from './support/settled-file.ts'
import { smallDisk } from './support/small-disk.ts'
import { startTcpProxy } from './support/tcp-proxy.ts'
import { TemporaryPostgres } from './support/temporary-postgres.ts'
import { until } from './support/until.ts'

interface Cluster {
  server: TemporaryPostgres
  gateway: Gateway
  fleet: Fleet
  folder: string
  config: Config
  /** A prober in this process; its database is that of the gateway unless a port is given. */
  startProber(options?: { port?: number; credentials?: Config['credentials'] }): Promise<RunningProber>
  /** A prober in a process of its own. */
  spawnProber(): Promise<Running>
  /** Starts a refresh of all devices. */
  request(): Promise<RefreshRow>
  /** The outcomes of the devices, each of which has one result. */
  outcomes(refresh: RefreshRow): Promise<Record<string, number>>
  done(refresh: RefreshRow): Promise<number>
}

/** A gateway whose devices are all in the region EMEA, and a server of PostgreSQL of their own. */
async function startCluster({
  devices,
  startsPerSecond = 500,
  disk = tmpdir(),
  concurrency = 1_000,
  regions = [],
}: {
  devices: number
  startsPerSecond?: number
  /** Probes at once. */
  concurrency?: number
  /** Regions besides EMEA, which has all devices that are in none of these. */
  regions?: Config['devices']['region']
  /** The folder in which the server keeps its data. */
  disk?: string
}): Promise<Cluster> {
  const server = await TemporaryPostgres.start({ parent: disk })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const fleet = await startFleet({ devices, faulty: 0 })
  onTestFinished(() => fleet.close())
  const folder = await temporaryFolder()
  const path = join(folder, 'inventory.json')
  await writeSettled(path, JSON.stringify(fleet.inventory))
  const config = defaultConfig({
    server: { port: 0 },
    database: server.url(),
    sources: [{ name: 'global', type: 'file', path, fields: {} }],
    schedule: { onStart: false },
    credentials: [{ name: 'fleet', ...fleet.credential, match: null }],
    probe: { timeoutMs: 60_000 },
    devices: { region: regions },
    probers: { default: 'EMEA' },
    throttle: { coolDownMs: 0, startsPerSecond, concurrency },
    workers: 1,
  })
  const gateway = await startGateway({ config, log: silentLogger })
  onTestFinished(() => gateway.close())
  const { store, refreshes } = gateway
  return {
    server,
    gateway,
    fleet,
    folder,
    config,
    async startProber({ port = server.port, credentials = config.credentials } = {}) {
      const prober = await startProber({
        config: {
          ...config,
          credentials,
          database: config.database.replace(`:${server.port}/`, `:${port}/`),
        },
        regions: ['EMEA'],
        concurrency: 50,
        name: `prober on port ${port}`,
        log: silentLogger,
        signal: new AbortController().signal,
      })
      onTestFinished(() => prober.close())
      return prober
    },
    async spawnProber() {
      const file = join(folder, 'prober.yaml')
      const { username, password } = fleet.credential
      const credentials = [{ name: 'fleet', username, passwordEnv: 'FLEET_PASSWORD' }]
      await writeFile(file, JSON.stringify({ database: server.url(), credentials, workers: 1 }))
      const running = startRollcall(['prober', '--config', file, '--region', 'EMEA'], {
        cwd: folder,
        env: { FLEET_PASSWORD: password },
      })
      onTestFinished(async () => {
        running.child.kill('SIGKILL')
        await running.finished
      })
      await running.printed(/Rollcall probes for the region EMEA\./)
      return running
    },
    async request() {
      const request = {
        trigger: 'MUTATION',
        requestedBy: 'tester',
        scope: EVERYTHING,
        sync: true,
        force: true,
      } as const
      return (await refreshes.request(request)).refresh
    },
    async outcomes(refresh) {
      const ended = await refreshes.ended(refresh)
      expect(ended.state).toBe('COMPLETED')
      const rows = await store.probes.ofRefreshAfter(refresh.id, 0, 10_000)
      expect(new Set(rows.map(({ deviceId }) => deviceId)).size).toBe(rows.length)
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1))
      const counts: Record<string, number> = {}
      for (const { outcome } of rows) counts[outcome] = (counts[outcome] ?? 0) + 1
      return counts
    },
    async done(refresh) {
      return (await store.probes.ofRefreshAfter(refresh.id, 0, 10_000)).length
    },
  }
}

it('probes for a gateway, which learns the host keys', { timeout: 120_000 }, async () => {
  const cluster = await startCluster({ devices: 40 })
  const prober = await cluster.startProber()
  expect(await cluster.outcomes(await cluster.request())).toEqual({ SUPPORTED: 40 })
  const { store } = cluster.gateway
  const ids = (await store.devices.page({ page: { first: 100 } })).items.map(({ id }) => id)
  expect(await store.hostKeys.ofDevices(ids)).toHaveLength(40)
  const processes = await store.processes.live()
  expect(processes.filter(({ role }) => role === 'PROBER')).toMatchObject([
    { regions: ['EMEA'], probesInFlight: expect.any(Number), concurrency: 50 },
  ])
  const metrics = () => fetch(`${cluster.gateway.url}/metrics`).then((response) => response.text())
  // The engine tells what it has done once a second.
  const probes = 'rollcall_probes_total{outcome="SUPPORTED",phase="CLOSE",region="EMEA"} 40\n'
  await until(async () => (await metrics()).includes(probes))
  const text = await metrics()
  expect(text).toContain('rollcall_region_capacity{region="EMEA"} 50\n')
  expect(text).toContain('rollcall_region_queue_depth{region="EMEA"} 0\n')
  expect(text).toContain('rollcall_probe_duration_seconds_bucket{region="EMEA",le="+Inf"} 40\n')
  expect(text).toContain('rollcall_refreshes_total{trigger="MUTATION",state="COMPLETED"} 1\n')
  expect(text).toContain('rollcall_syncs_total{source="global",state="APPLIED"} 1\n')
  expect(text).toMatch(/^rollcall_database_size_bytes [1-9]/m)
  await prober.close()
  const left = await store.processes.live()
  expect(left.filter(({ role }) => role === 'PROBER')).toEqual([])
})

it('tells for each device that it lacks its credential', { timeout: 120_000 }, async () => {
  const cluster = await startCluster({ devices: 3 })
  await cluster.startProber({ credentials: [] })
  expect(await cluster.outcomes(await cluster.request())).toEqual({ SKIPPED: 3 })
})

it('leaves the slots of the throttle to others if a region is slow', { timeout: 120_000 }, async () => {
  const devices = 80
  const cluster = await startCluster({
    devices,
    concurrency: 8,
    regions: [{ region: 'APAC', country: 'Germany' }],
  })
  await cluster.startProber()
  const { store, refreshes } = cluster.gateway
  // A prober of two slots that never answers.
  const stuck = () =>
    store.processes.heartbeat({
      name: 'stuck',
      role: 'PROBER',
      regions: ['APAC'],
      version: '1.2.3',
      startedAt: 1,
      active: false,
      probesInFlight: 2,
      concurrency: 2,
    })
  await stuck()
  const refresh = await cluster.request()
  const slow = cluster.fleet.inventory.filter(({ country }) => country === 'Germany').length
  expect(slow).toBeGreaterThan(8)
  await until(async () => {
    await stuck()
    return (await cluster.done(refresh)) === devices - slow
  })
  await expect
    .poll(() => refreshes.budgets())
    .toContainEqual({ name: 'perRegion', limit: 3, perSecond: false, inUse: 3, waiting: slow - 3 })
  await refreshes.cancel(refresh.id)
})

it('goes on after PostgreSQL was restarted in the middle of a refresh', { timeout: 360_000 }, async () => {
  const cluster = await startCluster({ devices: 200, startsPerSecond: 40 })
  await cluster.startProber()
  const refresh = await cluster.request()
  await until(async () => (await cluster.done(refresh)) > 20)
  await cluster.server.restart()
  expect(await cluster.outcomes(refresh)).toEqual({ SUPPORTED: 200 })
})

it('goes on after the disk of PostgreSQL was full', { timeout: 360_000 }, async (context) => {
  const disk = await smallDisk(context, 160)
  // Slow enough not to end before the disk is noticed to be full.
  const cluster = await startCluster({ devices: 200, startsPerSecond: 6, disk: disk.folder })
  await cluster.startProber()
  const refresh = await cluster.request()
  await until(async () => (await cluster.done(refresh)) > 20)
  // PostgreSQL may remove an old part of its log just then. What meets the full disk first, a result or a task for the
  // queue, is a matter of luck, and both wait.
  let done = 0
  let looksWithoutProgress = 0
  await until(async () => {
    await disk.fill()
    const now = await cluster.done(refresh)
    looksWithoutProgress = now === done ? looksWithoutProgress + 1 : 0
    done = now
    return looksWithoutProgress >= 100
  })
  expect(done).toBeLessThan(200)
  await disk.free()
  expect(await cluster.outcomes(refresh)).toEqual({ SUPPORTED: 200 })
})

it('goes on after its network was cut for 20 s', { timeout: 360_000 }, async () => {
  const cluster = await startCluster({ devices: 200, startsPerSecond: 10 })
  const proxy = await startTcpProxy(cluster.server.port)
  await cluster.startProber({ port: proxy.port })
  const refresh = await cluster.request()
  await until(async () => (await cluster.done(refresh)) > 20)
  proxy.cut()
  const cutAt = Date.now()
  // What was on its way is recorded; then nothing happens.
  await until(() => Date.now() - cutAt > 20_000)
  expect(await cluster.done(refresh)).toBeLessThan(200)
  proxy.restore()
  expect(await cluster.outcomes(refresh)).toEqual({ SUPPORTED: 200 })
})

it('works behind PgBouncer that pools by transaction', { timeout: 120_000 }, async (context) => {
  const cluster = await startCluster({ devices: 40 })
  await cluster.startProber({ port: await startPgBouncer(context, cluster.server, 'transaction') })
  expect(await cluster.outcomes(await cluster.request())).toEqual({ SUPPORTED: 40 })
})

it('has its devices probed by another one if it is killed', { timeout: 360_000 }, async () => {
  const cluster = await startCluster({ devices: 200, startsPerSecond: 60 })
  const [victim] = [await cluster.spawnProber(), await cluster.spawnProber()]
  const refresh = await cluster.request()
  await until(async () => (await cluster.done(refresh)) > 20)
  victim.child.kill('SIGKILL')
  expect(await cluster.outcomes(refresh)).toEqual({ SUPPORTED: 200 })
})

it('ends what it has begun when it gets a SIGTERM', { timeout: 360_000 }, async () => {
  const cluster = await startCluster({ devices: 200, startsPerSecond: 60 })
  const [victim] = [await cluster.spawnProber(), await cluster.spawnProber()]
  const refresh = await cluster.request()
  await until(async () => (await cluster.done(refresh)) > 20)
  victim.child.kill('SIGTERM')
  expect(await victim.finished).toMatchObject({ code: 0 })
  expect(await cluster.outcomes(refresh)).toEqual({ SUPPORTED: 200 })
})

it('refuses a region that the engine does not know', { timeout: 120_000 }, async () => {
  const cluster = await startCluster({ devices: 1 })
  const file = join(cluster.folder, 'prober.yaml')
  await writeFile(file, JSON.stringify({ database: cluster.server.url() }))
  const { finished } = startRollcall(['prober', '--config', file, '--region', 'EMAE'], {
    cwd: cluster.folder,
  })
  expect(await finished).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'rollcall: The engine knows no region EMAE. Its regions are EMEA; name one of them, or add EMAE to ' +
        '"devices.region" in its configuration.',
    ),
  })
})

it('waits for an engine, and ends while it waits', { timeout: 120_000 }, async () => {
  const server = await TemporaryPostgres.start()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const folder = await temporaryFolder()
  const file = join(folder, 'prober.yaml')
  await writeFile(file, JSON.stringify({ database: server.url() }))
  const { child, finished, printed } = startRollcall(['prober', '--config', file, '--region', 'EMEA'], {
    cwd: folder,
  })
  await printed(/no engine has prepared the queue of probes yet/)
  child.kill('SIGTERM')
  expect(await finished).toMatchObject({ code: 0 })
})

it('needs a PostgreSQL database', async () => {
  const folder = await temporaryFolder()
  const { finished } = startRollcall(['prober', '--region', 'EMEA'], { cwd: folder })
  expect(await finished).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Probers need a PostgreSQL database, and "database" names a file.'),
  })
})
