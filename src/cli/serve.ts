import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command } from 'commander'
import { createLogger } from '../base/log.ts'
import { configFile, loadConfig } from '../config/load.ts'
import { startGateway } from '../gateway.ts'
import { CONFIG_OPTION } from './options.ts'
import { tell } from './output.ts'
import { stopRequested } from './signals.ts'

export const command = new Command('serve')
  .description('Runs the gateway: the API, the schedule, the refreshes.')
  .option(...CONFIG_OPTION)
  .addHelpText('after', '\nExample:\n  rollcall serve --config /etc/rollcall.yaml')
  .action(async ({ config: file }: { config?: string }) => {
    const config = loadConfig({ file, env: process.env })
    const log = createLogger(config.log)
    const stopped = stopRequested()
    const gateway = await startGateway({ config, log })
    tell(`Rollcall serves GraphQL on ${gateway.url}/graphql`)
    if (config.sources.length === 0) log.warn(withoutSources(configFile({ file, env: process.env })))
    log.info({ signal: await stopped }, 'stopping')
    await gateway.close()
  })

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
