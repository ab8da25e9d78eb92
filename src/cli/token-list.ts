import { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import type { TokenRow } from '../store/token-store.ts'
import { addressOf, CONFIG_OPTION } from './options.ts'
import { print, printJson } from './output.ts'
import { fittedTable } from './table.ts'
import { withTokens } from './token-database.ts'
import { widthOf } from './wrapping.ts'

export const command = new Command('list')
  .description('Prints the tokens: their roles, when they were last used, and whether they were revoked.')
  .option(...CONFIG_OPTION)
  .option('--json', 'print them as JSON')
  .addHelpText('after', '\nExample:\n  rollcall token list')
  .action(async ({ config: file, json }: { config?: string; json?: boolean }) => {
    const config = loadConfig({ file, env: process.env, reads: [] })
    const tokens = (await withTokens(addressOf(config), (store) => store.all())).map(shown)
    if (json) return printJson(tokens)
    const rows = tokens.map(({ name, role, createdAt, lastUsedAt, revokedAt }) => [
      name,
      role,
      createdAt,
      lastUsedAt ?? 'never',
      revokedAt ?? '-',
    ])
    const heading = ['NAME', 'ROLE', 'CREATED', 'LAST USED', 'REVOKED']
    print(fittedTable([heading, ...rows], { width: widthOf(process.stdout) }))
  })

/** Returns a token with its times in RFC 3339. */
function shown({ name, role, createdAt, lastUsedAt, revokedAt }: TokenRow) {
  const text = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  return {
    name,
    role,
    createdAt: new Date(createdAt).toISOString(),
    lastUsedAt: text(lastUsedAt),
    revokedAt: text(revokedAt),
  }
}
