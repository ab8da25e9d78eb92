import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command, Option } from 'commander'
import type { Closable } from '../base/close.ts'
import { createLogger } from '../base/log.ts'
import { lowerHelperPriority } from '../base/thread-priority.ts'
import { configFile, loadWithValues } from '../config/load.ts'
import { isPostgresUrl } from '../config/postgres-url.ts'
import {
  type Changeable,
  type GatewayOptions,
  startApiGateway,
  startEngine,
  startGateway,
} from '../gateway.ts'
import { CONFIG_OPTION } from './options.ts'
import { tell } from './output.ts'
import { ProcessFile } from './process-file.ts'
import { Reloads } from './reloads.ts'
import { serviceManager } from './service-manager.ts'
import { stopRequested } from './signals.ts'
import { startTraces } from './traces.ts'

/** What a process may do alone, if several use the database. */
const ROLES = ['api', 'engine'] as const

interface ServeOptions {
  config?: string
  role?: (typeof ROLES)[number]
}

export const command = new Command('serve')
  .description('Runs the gateway: the API, the schedule, the refreshes.')
  .option(...CONFIG_OPTION)
  .addOption(
    new Option('--role <role>', 'do only this, for several processes over PostgreSQL; default: all').choices(
      ROLES,
    ),
  )
  .addHelpText('after', '\nExample:\n  rollcall serve --config /etc/rollcall.yaml')
  .action(async ({ config: file, role }: ServeOptions) => {
    lowerHelperPriority()
    // A process that only serves needs no secrets of devices and sources.
    const reads = role === 'api' ? ['auth' as const] : undefined
    const load = () => loadWithValues({ file, env: process.env, ...(reads && { reads }) })
    const loaded = load()
    const { config } = loaded
    const log = createLogger(config.log)
    const manager = serviceManager(log)
    const reloads = new Reloads({ loaded, load, log })
    const stopped = stopRequested(() => reloads.reload())
    const endTraces = await startTraces(config.traces, log)
    const running = await start({ config, log }, role)
    if (config.sources.length === 0)
      log.warn({ event: 'config.no_sources' }, withoutSources(configFile({ file, env: process.env })))
    const processFile = isPostgresUrl(config.database) ? null : new ProcessFile(config.database, log)
    reloads.begin(
      (changed) => running.change(changed),
      (result) => processFile?.note(result),
    )
    manager.ready()
    log.info({ event: 'process.stopping', signal: await stopped }, 'stopping')
    manager.stopping()
    reloads.end()
    processFile?.remove()
    await running.close()
    await endTraces()
  })

async function start(options: GatewayOptions, role: ServeOptions['role']): Promise<Closable & Changeable> {
  if (role === 'engine') {
    const engine = await startEngine(options)
    tell('Rollcall runs as an engine, which works if no other one does.')
    return engine
  }
  const gateway = await (role === 'api' ? startApiGateway : startGateway)(options)
  if (gateway.consoleUrl !== null) tell(`Rollcall serves the console on ${gateway.consoleUrl}`)
  tell(`Rollcall serves GraphQL on ${gateway.url}/graphql`)
  return gateway
}

/**
 * The hint for a configuration without sources. It may be intended, but more often the file was not found.
 */
function withoutSources(file: string): string {
  const [found, remedy] = existsSync(file)
    ? [`the configuration file ${file} names no sources`, 'name one under `sources`']
    : [
        `no configuration file was found in ${dirname(file)}, and there are no sources`,
        'write a rollcall.yaml there, or name a file with --config',
      ]
  return (
    `${found}: nothing will be probed but what the database has already ` +
    `and what onboardDevice adds; ${remedy}`
  )
}
