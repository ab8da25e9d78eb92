import { Command } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { encodeGlobalId } from '../base/global-id.ts'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { type Engine, openEngine } from '../gateway.ts'
import { PROBE_OUTCOMES, type ProbeOutcome } from '../netconf/outcome/outcome.ts'
import type { SyncSummary } from '../refresh/inventory/sync.ts'
import type { RefreshRow, RefreshScope } from '../store/refresh-store.ts'
import { ListOption } from './choice-options.ts'
import { colorsOf } from './colors.ts'
import { CONFIG_OPTION, several } from './options.ts'
import { print, printJson, tell, tellStopping } from './output.ts'
import { firstShortfalls, shortfallTable } from './refresh-shortfalls.ts'
import { failuresOf, outcomes } from './refresh-verdict.ts'
import { outcomeTable, watchRefresh } from './refresh-watch.ts'
import { resolveScope, type ScopeNames } from './scope-names.ts'
import { abortWith, stopRequested } from './signals.ts'
import { widthOf, wrapped } from './wrapping.ts'

interface RefreshOptions extends ScopeNames {
  config?: string
  sync: boolean
  force?: boolean
  failOn?: ProbeOutcome[]
  json?: boolean
}

/** How many records are shown that were set aside. */
const MAX_REJECTED = 10

export const command = new Command('refresh')
  .description(
    'Runs one refresh without a server. It exits with 1 if it did not complete, ' +
      'if a credential is suspended, or if no device is SUPPORTED. If a gateway runs on the database, ' +
      'use its startRefresh instead. Several names add up: the devices of all of them are probed.',
  )
  .option(...CONFIG_OPTION)
  .option('--country <name>', 'only the devices of this country (may be given several times)', several)
  .option('--site <name>', 'only the devices of the sites of this name (several times)', several)
  .option('--device <name>', 'only the devices of this name (several times)', several)
  .option('--no-sync', 'use the known inventory, do not fetch it')
  .option('--force', 'also probe devices within their cool-down or back-off')
  .addOption(
    new ListOption(
      '--fail-on <outcomes>',
      'exit with 1 also if a device has one of these outcomes: A,B',
      PROBE_OUTCOMES,
    ).argParser(outcomes),
  )
  .option('--json', 'print the result as JSON')
  .addHelpText('after', '\nExample:\n  rollcall refresh --country Germany --site FRA1 --force')
  .action(async (options: RefreshOptions) => {
    const config = loadConfig({
      file: options.config,
      env: process.env,
      reads: ['sources', 'credentials', 'probe'],
    })
    const engine = await openAlone(config)
    try {
      const stopped = stopRequested()
      if (options.sync) {
        const signal = abortWith(stopped, 'Stopped before the inventory was fetched; nothing was changed.')
        tellSync(await engine.refreshes.sync(signal))
      }
      await expectDevices(engine)
      const row = await probeScope(engine, await resolveScope(engine.store, options), options, stopped)
      await report(engine, row, options)
    } finally {
      await engine.close()
    }
  })

async function openAlone(config: Config): Promise<Engine> {
  try {
    // Failures are printed by this command, in sentences. The log would repeat them in JSON.
    return await openEngine({ config, log: createLogger({ level: 'fatal' }) })
  } catch (failure) {
    if (!(failure instanceof RollcallError) || failure.code !== 'DATABASE_IN_USE') throw failure
    throw new RollcallError(
      'DATABASE_IN_USE',
      'A gateway or another `rollcall refresh` uses the database. ' +
        'Start the refresh in the gateway: in its console, or with the mutation `startRefresh`.',
      { cause: failure },
    )
  }
}

async function probeScope(
  engine: Engine,
  scope: RefreshScope,
  options: RefreshOptions,
  stopped: Promise<unknown>,
): Promise<RefreshRow> {
  const { refresh: row } = await engine.refreshes.request({
    trigger: 'CLI',
    requestedBy: null,
    scope,
    sync: false,
    force: options.force ?? false,
  })
  void stopped.then(() => {
    tellStopping()
    return engine.refreshes.cancel(row.id)
  })
  return watchRefresh(engine.refreshes, row)
}

async function expectDevices({ store }: Engine): Promise<void> {
  if ((await store.devices.count()) > 0) return
  throw new RollcallError(
    'NOT_FOUND',
    'No device is known, so there is nothing to probe: ' +
      'check `sources` in the configuration, and what they give.',
  )
}

function tellSync({ plans, failures }: SyncSummary): void {
  const width = widthOf(process.stderr)
  const point = (text: string) => tell(wrapped(text, width, { first: '  ', rest: '    ' }))
  for (const plan of plans) {
    const { id, source, state, created, updated, decommissioned, unchanged, rejected, warnings } = plan
    if (state === 'FAILED') continue
    const gone = state === 'AWAITING_APPROVAL' ? 'to be decommissioned' : 'decommissioned'
    tell(
      `Inventory "${source}": ${created} created, ${updated} updated, ` +
        `${decommissioned} ${gone}, ${unchanged} unchanged, ${rejected.length} set aside.`,
    )
    for (const warning of warnings) point(`warning: ${warning}`)
    for (const { position, reason } of rejected.slice(0, MAX_REJECTED)) point(`record ${position}: ${reason}`)
    const left = rejected.length - MAX_REJECTED
    if (left > 0)
      point(`… and ${left} more; \`rollcall plan show ${encodeGlobalId('SyncPlan', id)}\` lists them.`)
  }
  for (const failure of failures) tell(`rollcall: ${failure}`)
  if (failures.length > 0) process.exitCode = 1
}

async function report(
  { refreshes, store }: Engine,
  row: RefreshRow,
  { json, failOn = [] }: RefreshOptions,
): Promise<void> {
  const progress = refreshes.progress(row)
  const shortfalls = await firstShortfalls(store, row.id)
  const suspended = (await refreshes.credentials()).filter(({ state }) => state === 'SUSPENDED')
  if (json) {
    printJson({
      ...progress,
      // The id that the API uses.
      refreshId: encodeGlobalId('Refresh', row.id),
      error: row.error,
      firstNotSupported: shortfalls,
      suspendedCredentials: suspended.map(({ name }) => name),
    })
  } else if (progress.total > 0) {
    print(outcomeTable(progress, colorsOf(process.stdout)))
    const wanting = progress.done - (progress.byOutcome.SUPPORTED ?? 0)
    const width = widthOf(process.stdout)
    if (shortfalls.length > 0) print(`\n${shortfallTable(shortfalls, { total: wanting, width })}`)
  } else {
    tell('No device was due: those probed within the cool-down are left out unless --force is given.')
  }
  const failures = failuresOf(progress, { suspended, failOn })
  if (row.error) failures.push(row.error)
  for (const failure of failures) tell(`rollcall: ${failure}`)
  if (row.state !== 'COMPLETED' || failures.length > 0) process.exitCode = 1
}
