import { Command } from 'commander'
import { command as check } from './config-check.ts'
import { command as print } from './config-print.ts'

export const command = new Command('config')
  .description('Checks the configuration, and prints the one in force.')
  .addCommand(check)
  .addCommand(print)
  .addHelpText('after', '\nExample:\n  rollcall config check --online')
