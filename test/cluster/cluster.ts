import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Closable, CloseStack } from '../../src/base/close.ts'
import { writeInventory } from '../../src/cli/write-inventory.ts'
import { drawRoster } from '../../src/simulator/roster.ts'
import { type FleetProcess, spawnFleet } from '../../src/simulator/spawn-fleet.ts'
import { freePort } from '../support/free-port.ts'
import { TemporaryPostgres } from '../support/temporary-postgres.ts'
import { ClusterProcess } from './cluster-process.ts'

const FLEET_VARIABLE = 'FLEET_PASSWORD'
const DATABASE_VARIABLE = 'DATABASE_PASSWORD'
const DATABASE = 'rollcall'
const ENGINES = 2

/** The region of each country that a fleet may be in. */
const REGIONS: ReadonlyMap<string, string> = new Map(
  drawRoster(1_000).map(({ country, region }) => [country, region]),
)

export interface ClusterOptions {
  devices: number
  /** How many of them stall. */
  faulty: number
  /** The port of the first API process; the second one has the next. 0: two that are free. */
  port: number
  /** Sections of the configuration besides its own. */
  config?: Readonly<Record<string, unknown>>
  /** Returns variables of the environment of one process, by its name. */
  envOf?: (process: string) => NodeJS.ProcessEnv
  /** Called with each line that a process prints. */
  onLine?: (process: string, line: string) => void
  /** Called when a process has ended that was not told to. */
  onLost?: (process: string, how: string) => void
}

/** An API process of a cluster. */
interface ApiProcess {
  readonly process: ClusterProcess
  /** The address of the API: `http://127.0.0.1:4000`. */
  readonly url: string
}

/**
 * A PostgreSQL server, simulated devices, two API processes, two engines and a prober for each of three
 * regions, all in processes of their own on this machine.
 */
export interface Cluster extends Closable {
  readonly server: TemporaryPostgres
  readonly fleet: FleetProcess
  readonly database: { url: string; password: string }
  /** The configuration of all processes. The environment has the secrets that it names, and ports. */
  readonly configFile: string
  readonly apis: readonly [ApiProcess, ApiProcess]
  readonly engines: readonly ClusterProcess[]
  readonly probers: readonly ClusterProcess[]
  /** The folder with all that the cluster writes. */
  readonly folder: string
  /** Runs a query on the database of the cluster. */
  query<Row extends object>(statement: string): Promise<Row[]>
}

/**
 * Starts a cluster. `close` ends it in order, and what has not ended after 5 s by force; nothing is left of it.
 * If a part fails to start, or `signal` aborts, the others are ended as well.
 */
export async function startCluster(options: ClusterOptions, signal?: AbortSignal): Promise<Cluster> {
  const stack = new CloseStack()
  try {
    return await startParts(options, { stack, signal })
  } catch (failure) {
    await stack.close()
    throw failure
  }
}

async function startParts(
  { devices, faulty, port, ...options }: ClusterOptions,
  { stack, signal }: { stack: CloseStack; signal: AbortSignal | undefined },
): Promise<Cluster> {
  const { config = {}, envOf = () => ({}), onLine = () => {}, onLost = () => {} } = options
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-cluster-'))
  // PostgreSQL may run as another user, whose own folder is in it.
  await chmod(folder, 0o711)
  const all: ClusterProcess[] = []
  // If this process ends in the middle.
  const onExit = () => {
    for (const one of all) void one.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  process.once('exit', onExit)
  stack.defer(async () => {
    await rm(folder, { recursive: true, force: true })
    process.off('exit', onExit)
  })
  const password = randomBytes(12).toString('hex')
  const server = await TemporaryPostgres.start({ password, parent: folder })
  stack.defer(() => server[Symbol.asyncDispose]())
  await server.query(`create database ${DATABASE}`)
  signal?.throwIfAborted()
  const fleet = stack.own(await spawnFleet({ devices, faulty }, signal))
  const inventory = join(folder, 'inventory.json')
  await writeInventory(inventory, fleet.inventory)
  const url = server.url(DATABASE)
  const configFile = join(folder, 'rollcall.yaml')
  const content = { ...configOver(fleet, { database: url, inventory }), ...config }
  await writeFile(configFile, `${JSON.stringify(content, null, 2)}\n`)
  signal?.throwIfAborted()

  const env = { [DATABASE_VARIABLE]: password, [FLEET_VARIABLE]: fleet.credential.password }
  const create = (name: string, args: string[], isUp: RegExp, variables: NodeJS.ProcessEnv = {}) => {
    const one = new ClusterProcess({
      name,
      args: [...args, '--config', configFile],
      isUp,
      cwd: folder,
      env: { ...env, ...variables, ...envOf(name) },
      onLine: (line) => onLine(name, line),
      onLost: (how) => onLost(name, how),
    })
    all.push(one)
    return one
  }
  const engines = Array.from({ length: ENGINES }, (_, index) =>
    create(`engine ${index + 1}`, ['serve', '--role', 'engine'], /Rollcall runs as an engine/),
  )
  const createApi = async (index: number): Promise<ApiProcess> => {
    const own = port === 0 ? await freePort() : port + index
    const args = ['serve', '--role', 'api']
    const variables = { ROLLCALL_SERVER_PORT: String(own) }
    const process = create(`API ${index + 1}`, args, /Rollcall serves GraphQL/, variables)
    return { process, url: `http://127.0.0.1:${own}` }
  }
  const apis = [await createApi(0), await createApi(1)] as const
  const probers = [...new Set(REGIONS.values())].map((region) =>
    create(`prober ${region}`, ['prober', '--region', region], /Rollcall probes for/),
  )
  // The devices end with the others, so that no probe in flight keeps a process from ending.
  stack.defer(() => Promise.all([fleet.close(), ...all.map((one) => one.stop())]))
  signal?.addEventListener('abort', () => void Promise.all(all.map((one) => one.kill())))

  // Probers wait for an engine. The first one makes the tables and the queue; a region whose probers come much later would be
  // without one for a while.
  const probing = Promise.all(probers.map((prober) => prober.start()))
  probing.catch(() => undefined)
  const [first, ...rest] = [...engines, ...apis.map(({ process }) => process)]
  await first?.start()
  signal?.throwIfAborted()
  await Promise.all([...rest.map((one) => one.start()), probing])
  signal?.throwIfAborted()
  return {
    server,
    fleet,
    database: { url, password },
    configFile,
    apis,
    engines,
    probers,
    folder,
    query: (statement) => server.query(statement, DATABASE),
    close: () => stack.close(),
  }
}

function configOver(
  { credential }: FleetProcess,
  { database, inventory }: { database: string; inventory: string },
): object {
  return {
    database,
    postgres: { passwordEnv: DATABASE_VARIABLE },
    sources: [{ name: 'simulator', type: 'file', path: inventory }],
    schedule: { every: '2h', onStart: false },
    credentials: [{ name: 'simulator', username: credential.username, passwordEnv: FLEET_VARIABLE }],
    devices: { region: [...REGIONS].map(([country, region]) => ({ region, country })) },
    // All processes share one machine.
    workers: 1,
  }
}
