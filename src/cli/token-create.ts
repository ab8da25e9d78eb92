import { Command, InvalidArgumentError } from 'commander'
import { ROLES, type Role, viewerNameProblem } from '../base/caller.ts'
import { messageOf, RollcallError } from '../base/errors.ts'
import { newTokenSecret, tokenHash } from '../base/token-secret.ts'
import { loadConfig } from '../config/load.ts'
import { choice } from './choice-options.ts'
import { addressOf, CONFIG_OPTION } from './options.ts'
import { jsonText, printSafely, tell } from './output.ts'
import { withTokens } from './token-database.ts'

interface CreateOptions {
  role: Role
  config?: string
  json?: boolean
}

export const command = new Command('create')
  .description('Creates a token and prints its secret to stdout, once.')
  .argument('<name>', 'whose token it is: the name in `requestedBy` and in the change log', parseName)
  .addOption(choice('--role <role>', 'what its holder may do', ROLES).makeOptionMandatory())
  .option(...CONFIG_OPTION)
  .option('--json', 'print name, role and secret as JSON')
  .addHelpText('after', '\nExample:\n  rollcall token create ci --role OPERATOR > ci.token')
  .action(async (name: string, { role, config: file, json }: CreateOptions) => {
    const config = loadConfig({ file, env: process.env, reads: [] })
    const secret = newTokenSecret()
    const token = { name, role, hash: tokenHash(secret), at: Date.now() }
    const created = await withTokens(addressOf(config), (tokens) => tokens.create(token), { create: true })
    if (created === null) {
      throw new RollcallError(
        'CONFLICT',
        `There is a token "${name}" already; choose another name, ` +
          'or revoke that one with `rollcall token revoke`.',
      )
    }
    try {
      printSafely(json ? jsonText({ name, role, token: secret }) : secret)
    } catch (failure) {
      // So nobody knows the secret, and the name is free again.
      await withTokens(addressOf(config), (tokens) => tokens.revoke(name, Date.now()))
      throw new RollcallError(
        'CONFLICT',
        `The secret cannot be written to stdout (${messageOf(failure)}), ` +
          'so the token was revoked; correct that and create it again.',
        { cause: failure },
      )
    }
    tell(`Token "${name}" (${role}) was created. Its secret is not kept and cannot be shown again.`)
    if (config.auth.mode === 'none') {
      tell('It is not asked for yet: set "auth.mode" to tokens in the configuration; it is none.')
    } else if (config.auth.mode === 'jwt') {
      tell('It will not be accepted: "auth.mode" in the configuration is jwt, not tokens.')
    }
  })

function parseName(text: string): string {
  const problem = viewerNameProblem(text)
  if (problem === null) return text
  throw new InvalidArgumentError(`The name ${problem}; choose another.`)
}
