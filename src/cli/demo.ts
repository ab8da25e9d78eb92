import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { CloseStack } from '../base/close.ts'
import { RollcallError } from '../base/errors.ts'
import { createLogger } from '../base/log.ts'
import { LOOPBACK } from '../config/origin.ts'
import { type Config, configSchema } from '../config/schema.ts'
import { DEFAULT_CEILING } from '../config/source-schema.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { EVERYTHING } from '../refresh/scope.ts'
import { type FleetProcess, spawnFleet } from '../simulator/spawn-fleet.ts'
import { colorsOf } from './colors.ts'
import { checkFaulty, MAX_DEVICES, origins, wholeNumber } from './options.ts'
import { tell, tellStopping } from './output.ts'
import { outcomeTable, watchRefresh } from './refresh-watch.ts'
import { stopRequested } from './signals.ts'
import { writeInventory } from './write-inventory.ts'

interface DemoOptions {
  devices: number
  faulty?: number
  port: number
  cors?: string[]
}

const DEFAULT_FAULTY = 11

/** The longest time that closing the demo may take. Unfinished writes are in the folder that is removed. */
const CLOSE_MS = 400

export const command = new Command('demo')
  .description('Runs a simulated fleet and a gateway over it, in a temporary database, until Ctrl-C.')
  .option('--devices <n>', 'how many devices', wholeNumber(1, MAX_DEVICES), 1_000)
  .option(
    '--faulty <n>',
    'how many of them stall in the middle of their hello ' +
      `(default: ${DEFAULT_FAULTY}, and at most a tenth of them)`,
    wholeNumber(0, MAX_DEVICES),
  )
  .option('--port <p>', 'the port of the API; 0 for any free one', wholeNumber(0, 65_535), 4_000)
  .option(
    '--cors <origin>',
    'an origin whose pages may use the API (may be given several times); those of this machine always may',
    origins,
  )
  .addHelpText('after', '\nExample:\n  rollcall demo --devices 5000 --faulty 55 --port 4001')
  .action(async (options: DemoOptions) => {
    checkFaulty(faultyOf(options), options.devices)
    const stopped = stopRequested()
    const stopping = stopSoon(stopped)
    const stack = new CloseStack()
    try {
      const gateway = await startDemo(options, stack, stopping)
      await showRefresh(gateway, stopping)
      await stopped
    } catch (failure) {
      if (!stopping.aborted) throw failure
    } finally {
      await stack.close()
    }
  })

function faultyOf({ devices, faulty }: DemoOptions): number {
  return faulty ?? Math.min(DEFAULT_FAULTY, Math.floor(devices / 10))
}

/** Answers a stop at once, and ends the process soon after it, whatever it is doing. */
function stopSoon(stopped: Promise<unknown>): AbortSignal {
  const abort = new AbortController()
  void stopped.then(() => {
    abort.abort()
    tellStopping()
    setTimeout(() => process.exit(), CLOSE_MS).unref()
  })
  return abort.signal
}

async function startDemo(options: DemoOptions, stack: CloseStack, stopping: AbortSignal): Promise<Gateway> {
  const { devices, port, cors = [] } = options
  const faulty = faultyOf(options)
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-demo-'))
  // However the process ends, except by kill -9.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  tell(`Starting ${devices} simulated devices, of which ${faulty} stall…`)
  const fleet = stack.own(await spawnFleet({ devices, faulty }, stopping))
  const inventory = join(folder, 'inventory.json')
  await writeInventory(inventory, fleet.inventory)
  stopping.throwIfAborted()
  const config = demoConfig(fleet, { folder, inventory, port, cors })
  const gateway = await startGateway({ config, log: createLogger(config.log) }).catch((failure) => {
    throw withOption(failure, port)
  })
  // Without devices, the gateway waits for no probe.
  stack.defer(() => Promise.all([fleet.close(), gateway.close()]))
  if (gateway.consoleUrl !== null) tell(`The console: ${gateway.consoleUrl}`)
  tell(`GraphiQL: ${gateway.url}/graphql`)
  return gateway
}

/** Runs the first refresh, and says what to try next when it has ended. */
async function showRefresh({ refreshes, url, consoleUrl }: Gateway, stopping: AbortSignal): Promise<void> {
  const { refresh } = await refreshes.request({
    trigger: 'STARTUP',
    requestedBy: null,
    scope: EVERYTHING,
    sync: true,
    force: false,
  })
  const ended = await watchRefresh(refreshes, refresh, stopping)
  if (stopping.aborted) return
  tell(outcomeTable(refreshes.progress(ended), colorsOf(process.stderr)))
  tell(`The gateway uses ${Math.round(process.memoryUsage.rss() / 1e6)} MB of memory.`)
  const page = consoleUrl === null ? 'GraphiQL' : 'the console or GraphiQL'
  tell(`Next, open ${page} (above), or ask from another terminal:
  curl -sg '${url}/graphql?query={summary{devices,supported}}'
Ctrl-C stops the demo.`)
}

/** Makes the message about a port in use name the option of the demo, not the key of the configuration. */
function withOption(failure: unknown, port: number): unknown {
  if (!(failure instanceof RollcallError) || failure.code !== 'ADDRESS_IN_USE') return failure
  const message = `Port ${port} is in use. Give another one with --port, or stop the other process.`
  return new RollcallError('ADDRESS_IN_USE', message)
}

function demoConfig(
  { credential: { username, password } }: FleetProcess,
  options: { folder: string; inventory: string; port: number; cors: readonly string[] },
): Config {
  const { folder, inventory, port, cors } = options
  return {
    ...configSchema.parse({
      server: { port, cors: [LOOPBACK, ...cors] },
      // The demo starts its first refresh itself, to show its progress.
      schedule: { onStart: false },
      log: { level: 'warn', format: 'auto' },
    }),
    database: join(folder, 'rollcall.db'),
    postgres: { ca: null },
    auth: { mode: 'none' },
    sources: [{ name: 'simulator', type: 'file', path: inventory, fields: {}, ceiling: DEFAULT_CEILING }],
    credentials: [{ name: 'simulator', username, password, match: null }],
    notify: [],
  }
}
