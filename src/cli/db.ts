import { Command } from 'commander'
import { command as backup } from './db-backup.ts'
import { command as check } from './db-check.ts'
import { command as copy } from './db-copy.ts'
import { command as migrate } from './db-migrate.ts'
import { command as vacuum } from './db-vacuum.ts'

export const command = new Command('db')
  .description('Backs up, checks, migrates, shrinks and moves the database.')
  .addCommand(backup)
  .addCommand(check)
  .addCommand(migrate)
  .addCommand(vacuum)
  .addCommand(copy)
  .addHelpText('after', '\nExample:\n  rollcall db backup /backup/rollcall.db')
