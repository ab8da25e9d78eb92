import { Command } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { encodeGlobalId } from '../base/global-id.ts'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { type Engine, openEngine } from '../gateway.ts'
import type { SyncPlanRow } from '../store/inventory/sync-plan-store.ts'
import { overEngine } from './api-client.ts'
import { CONFIG_OPTION, wholeNumber } from './options.ts'
import { print, printJson, tell } from './output.ts'
import { readPlan, type WholePlan } from './plan-data.ts'
import { describePlan, LISTED } from './plan-report.ts'
import { abortWith, stopRequested } from './signals.ts'
import { widthOf } from './wrapping.ts'

interface SyncOptions {
  config?: string
  source?: string
  dryRun?: boolean
  limit: number
  json?: boolean
}

export const command = new Command('sync')
  .description(
    'Fetches the inventory, prints the changes, and applies those that need no approval. ' +
      'It needs no server and probes nothing.',
  )
  .option(...CONFIG_OPTION)
  .option('--source <name>', 'only the source of this name')
  .option('--dry-run', 'print what would change, and change nothing')
  .option('--limit <n>', 'how many devices of each kind; 0 for all', wholeNumber(0, 100_000_000), LISTED)
  .option('--json', 'print the plans with all changes as JSON')
  .addHelpText('after', '\nExample:\n  rollcall sync --source global --dry-run')
  .action(async ({ config: file, source, dryRun = false, limit, json }: SyncOptions) => {
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
      const rows = await engine.refreshes.syncInventory(request, signal)
      const plans = await Promise.all(rows.map((row) => shownPlan(engine, row)))
      if (json) printJson(plans)
      else {
        const width = widthOf(process.stdout)
        print(plans.map((plan) => describePlan(plan, { limit, width })).join('\n\n'))
      }
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

async function shownPlan(engine: Engine, { id }: SyncPlanRow): Promise<WholePlan> {
  const plan = await readPlan(overEngine(engine), encodeGlobalId('SyncPlan', id))
  if (plan === null) throw new Error('The plan that was just made is not there.')
  return plan
}

function tellIfWanting({ id, source, state, decommissioned, moved }: WholePlan): void {
  if (state === 'AWAITING_APPROVAL') {
    const devices =
      moved > 0
        ? `The devices that the plan of source "${source}" would decommission or move await`
        : decommissioned === 1
          ? `One device that source "${source}" no longer lists awaits`
          : `The ${decommissioned} devices that source "${source}" no longer lists await`
    tell(
      `rollcall: ${devices} approval: \`rollcall plan approve ${id}\` applies that, ` +
        `\`rollcall plan reject ${id}\` leaves them as they are; if a gateway runs, give --url.`,
    )
  } else if (state === 'FAILED') {
    tell(`rollcall: Source "${source}" could not be synced; nothing of it was changed.`)
  } else return
  process.exitCode = 1
}
