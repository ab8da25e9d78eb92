import { Command } from 'commander'
import { command as test } from './notify-test.ts'

export const command = new Command('notify')
  .description('Tests the receivers of webhooks.')
  .addCommand(test)
  .addHelpText('after', '\nExample:\n  rollcall notify test')
