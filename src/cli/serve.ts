import { Command } from 'commander'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import { startGateway } from '../gateway.ts'
import { CONFIG_OPTION } from './options.ts'
import { tell } from './output.ts'
import { stopRequested } from './signals.ts'

export const command = new Command('serve')
  .description('The gateway: the API, the schedule, the refreshes.')
  .option(...CONFIG_OPTION)
  .addHelpText('after', '\nExample:\n  rollcall serve --config /etc/rollcall.yaml')
  .action(async ({ config: file }: { config?: string }) => {
    const config = loadConfig({ file, env: process.env })
    const log = createLogger(config.log)
    const stopped = stopRequested()
    const gateway = await startGateway({ config, log })
    tell(`Rollcall serves GraphQL on ${gateway.url}/graphql`)
    log.info({ signal: await stopped }, 'stopping')
    await gateway.close()
  })
