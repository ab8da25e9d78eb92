import { Command } from 'commander'
import { command as create } from './token-create.ts'
import { command as list } from './token-list.ts'
import { command as revoke } from './token-revoke.ts'

export const command = new Command('token')
  .description('Manages API tokens. Each has a name and a role, and is stored as a hash.')
  .addCommand(create)
  .addCommand(list)
  .addCommand(revoke)
  .addHelpText('after', '\nExample:\n  rollcall token create ci --role OPERATOR')
