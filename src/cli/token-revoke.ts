import { Command } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { loadConfig } from '../config/load.ts'
import { addressOf, CONFIG_OPTION } from './options.ts'
import { tell } from './output.ts'
import { withTokens } from './token-database.ts'

export const command = new Command('revoke')
  .description('Revokes a token at once, also for its open subscriptions.')
  .argument('<name>', 'the name that it was created with')
  .option(...CONFIG_OPTION)
  .addHelpText('after', '\nExample:\n  rollcall token revoke ci')
  .action(async (name: string, { config: file }: { config?: string }) => {
    const config = loadConfig({ file, env: process.env, reads: [] })
    const revoked = await withTokens(addressOf(config), (tokens) => tokens.revoke(name, Date.now()))
    if (!revoked) {
      throw new RollcallError(
        'NOT_FOUND',
        `There is no token "${name}" that could be revoked; ` +
          '`rollcall token list` shows the names, in which case counts, and which were revoked already.',
      )
    }
    tell(`Token "${name}" was revoked.`)
  })
