import { Command } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { encodeGlobalId } from '../base/global-id.ts'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { openEngine } from '../gateway.ts'
import type { SyncPlanRow } from '../store/inventory/sync-plan-store.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson, table, tell, withoutControls } from './output.ts'
import { abortWith, stopRequested } from './signals.ts'

interface SyncOptions {
  config?: string
  source?: string
  dryRun?: boolean
  json?: boolean
}

export const command = new Command('sync')
  .description(
    'Fetches the inventory, prints the changes, and applies those that need no approval. It needs no server and probes nothing.',
  )
  .option(...CONFIG_OPTION)
  .option('--source <name>', 'only the source of this name')
  .option('--dry-run', 'print what would change, and change nothing')
  .option('--json', 'print the plans as JSON')
  .addHelpText('after', '\nExample:\n  rollcall sync --source global --dry-run')
  .action(async ({ config: file, source, dryRun = false, json }: SyncOptions) => {
    const config = loadConfig({ file, env: process.env, reads: ['sources'] })
    if (config.sources.length === 0)
      throw new RollcallError(
        'NOT_FOUND',
        'There is nothing to sync with: name at least one source under `sources` in the configuration.',
      )
    expectSource(source, config)
    // Failures are printed below, in sentences. The log would repeat them in JSON.
    const engine = await openEngine({ config, log: createLogger({ level: 'fatal' }), besideGateway: true })
    try {
      const signal = abortWith(stopRequested(), 'Stopped; what was not synced yet was left as it is.')
      const request = { source, dryRun, requestedBy: null }
      const plans = withoutControls(await engine.refreshes.syncInventory(request, signal))
      if (json) printJson(plans.map(shown))
      else print(plans.map(describe).join('\n\n'))
      for (const plan of plans) tellIfWanting(plan)
    } finally {
      await engine.close()
    }
  })

function expectSource(name: string | undefined, { sources }: Config): void {
  const names = sources.map((source) => source.name)
  if (name === undefined || names.includes(name)) return
  throw new RollcallError(
    'USAGE',
    `The configuration has no source "${name}"; it has ${names.map((known) => `"${known}"`).join(', ')}.`,
  )
}

/** Returns a plan with the id and the names that the API uses. */
function shown({
  id,
  rejected,
  digest: _digest,
  changeSetId: _changeSetId,
  plannedAt,
  decidedAt,
  ...plan
}: SyncPlanRow) {
  const text = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  return {
    id: encodeGlobalId('SyncPlan', id),
    ...plan,
    rejectedRecords: rejected,
    plannedAt: text(plannedAt),
    decidedAt: text(decidedAt),
  }
}

function describe(plan: SyncPlanRow): string {
  const { source, state, reason, created, updated, decommissioned, moved, unchanged, rejected, warnings } =
    plan
  const moves = moved === 0 ? {} : { moved }
  const counts = { created, updated, ...moves, decommissioned, unchanged, 'set aside': rejected.length }
  const lines = [`Source "${source}": ${state}`]
  if (reason !== null) lines.push(`  ${reason}`)
  if (state !== 'FAILED')
    lines.push(table(Object.entries(counts).map(([name, count]) => [`  ${name}`, String(count)])))
  for (const warning of warnings) lines.push(`  Warning: ${warning}`)
  for (const { position, record, reason } of rejected) {
    lines.push(`  Record ${position}: ${reason}`)
    if (record !== '') lines.push(`    ${record}`)
  }
  return lines.join('\n')
}

function tellIfWanting({ id, source, state, decommissioned, moved }: SyncPlanRow): void {
  if (state === 'AWAITING_APPROVAL') {
    const devices =
      moved > 0
        ? `The devices that the plan of source "${source}" would decommission or move await`
        : decommissioned === 1
          ? `One device that source "${source}" no longer lists awaits`
          : `The ${decommissioned} devices that source "${source}" no longer lists await`
    const globalId = encodeGlobalId('SyncPlan', id)
    tell(
      `rollcall: ${devices} approval: approveSyncPlan(id: "${globalId}") applies that, ` +
        'rejectSyncPlan leaves them as they are; both are mutations of the API that `rollcall serve` offers.',
    )
  } else if (state === 'FAILED') {
    tell(`rollcall: Source "${source}" could not be synced; nothing of it was changed.`)
  } else return
  process.exitCode = 1
}
