import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { CloseStack } from '../base/close.ts'
import { createLogger } from '../base/log.ts'
import { type Config, configSchema } from '../config/schema.ts'
import { DEFAULT_CEILING } from '../config/source-schema.ts'
import { startGateway } from '../gateway.ts'
import { EVERYTHING } from '../refresh/scope.ts'
import { type FleetProcess, spawnFleet } from '../simulator/spawn-fleet.ts'
import { colorsOf } from './colors.ts'
import { checkFaulty, MAX_DEVICES, wholeNumber } from './options.ts'
import { tell } from './output.ts'
import { outcomeTable, watchRefresh } from './refresh-watch.ts'
import { stopRequested } from './signals.ts'
import { writeInventory } from './write-inventory.ts'

interface DemoOptions {
  devices: number
  faulty?: number
  port: number
}

const DEFAULT_FAULTY = 11

export const command = new Command('demo')
  .description('Runs a simulated fleet and a gateway over it, in a temporary database, until Ctrl-C.')
  .option('--devices <n>', 'how many devices', wholeNumber(1, MAX_DEVICES), 1_000)
  .option(
    '--faulty <n>',
    `how many of them stall in the middle of their hello (default: ${DEFAULT_FAULTY}, and at most a tenth of them)`,
    wholeNumber(0, MAX_DEVICES),
  )
  .option('--port <p>', 'the port of the API', wholeNumber(0, 65_535), 4_000)
  .addHelpText('after', '\nExample:\n  rollcall demo --devices 5000 --faulty 55 --port 4001')
  .action(async ({ devices, port, ...options }: DemoOptions) => {
    const faulty = options.faulty ?? Math.min(DEFAULT_FAULTY, Math.floor(devices / 10))
    checkFaulty(faulty, devices)
    const stopped = stopRequested()
    const stack = new CloseStack()
    try {
      const folder = await mkdtemp(join(tmpdir(), 'rollcall-demo-'))
      stack.defer(() => rm(folder, { recursive: true, force: true }))
      const fleet = stack.own(await spawnFleet({ devices, faulty }))
      const inventory = join(folder, 'inventory.json')
      await writeInventory(inventory, fleet.inventory)
      const config = demoConfig(fleet, { folder, inventory, port })
      const gateway = stack.own(await startGateway({ config, log: createLogger(config.log) }))
      tell(`${devices} simulated devices; GraphQL on ${gateway.url}/graphql`)
      const { refresh } = await gateway.refreshes.request({
        trigger: 'STARTUP',
        requestedBy: null,
        scope: EVERYTHING,
        sync: true,
        force: false,
      })
      void watchRefresh(gateway.refreshes, refresh).then((ended) => {
        tell(outcomeTable(gateway.refreshes.progress(ended), colorsOf(process.stderr)))
        tell(`The gateway uses ${Math.round(process.memoryUsage.rss() / 1e6)} MB of memory.`)
        tell('Ctrl-C stops the demo.')
      })
      await stopped
    } finally {
      await stack.close()
    }
  })

function demoConfig(
  { credential: { username, password } }: FleetProcess,
  { folder, inventory, port }: { folder: string; inventory: string; port: number },
): Config {
  return {
    ...configSchema.parse({
      server: { port },
      // The demo starts its first refresh itself, to show its progress.
      schedule: { onStart: false },
      log: { level: 'warn' },
    }),
    database: join(folder, 'rollcall.db'),
    auth: { mode: 'none' },
    sources: [{ name: 'simulator', type: 'file', path: inventory, fields: {}, ceiling: DEFAULT_CEILING }],
    credentials: [{ name: 'simulator', username, password, match: null }],
  }
}
