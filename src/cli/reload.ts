import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { RollcallError, systemCodeOf } from '../base/errors.ts'
import { loadConfig } from '../config/load.ts'
import { isPostgresUrl } from '../config/postgres-url.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson, tell } from './output.ts'
import { type GatewayProcess, gatewayProcess } from './process-file.ts'
import type { ReloadResult } from './reloads.ts'

/** How long the gateway may take to read its configuration. */
const TIMEOUT_MS = 30_000
const LOOK_EVERY_MS = 50

export const command = new Command('reload')
  .description(
    'Makes the running gateway read its configuration again, and prints what has changed and what needs a ' +
      'restart. It finds the gateway by the SQLite database, on this machine. ' +
      'Exits with 1 if the configuration is wrong; nothing is changed then.',
  )
  .option(...CONFIG_OPTION)
  .option('--json', 'print the result as JSON')
  .addHelpText('after', '\nExample:\n  rollcall reload --config /etc/rollcall.yaml')
  .action(async ({ config: file, json }: { config?: string; json?: boolean }) => {
    if (process.platform === 'win32') {
      throw new RollcallError('CONFLICT', 'Windows has no signal for this; restart the gateway instead.')
    }
    // Secrets may be in the environment of the gateway only, so they are for it to read.
    const { database } = loadConfig({ file, env: process.env, reads: [] })
    if (isPostgresUrl(database)) {
      throw new RollcallError(
        'CONFLICT',
        'With PostgreSQL there may be several processes. Send each of them a SIGHUP, for example with ' +
          '`systemctl reload`; its log says what has changed.',
      )
    }
    const result = await reload(database)
    if (json) printJson(result)
    else show(result)
    if (result.problems.length > 0) process.exitCode = 1
  })

async function reload(database: string): Promise<ReloadResult> {
  const before = gatewayProcess(database)
  if (before === null) {
    throw new RollcallError(
      'NOT_FOUND',
      `No gateway uses the database ${database}; if it runs with another configuration, give --config.`,
    )
  }
  signal(before)
  const giveUpAt = performance.now() + TIMEOUT_MS
  while (performance.now() < giveUpAt) {
    await sleep(LOOK_EVERY_MS)
    const now = gatewayProcess(database)
    if (now === null) throw new RollcallError('CONFLICT', 'The gateway has ended.')
    if (now.last !== null && now.reloads > before.reloads) return now.last
  }
  throw new RollcallError(
    'CONFLICT',
    `The gateway, process ${before.pid}, has not read its configuration within ${TIMEOUT_MS / 1_000} s; ` +
      'see its log.',
  )
}

function signal({ pid }: GatewayProcess): void {
  try {
    process.kill(pid, 'SIGHUP')
  } catch (failure) {
    if (systemCodeOf(failure) !== 'EPERM') throw failure
    throw new RollcallError(
      'FORBIDDEN',
      `The gateway, process ${pid}, belongs to another user; run this command as that user.`,
      { cause: failure },
    )
  }
}

function show({ changed, needRestart, problems }: ReloadResult): void {
  for (const problem of problems) tell(`rollcall: ${problem}`)
  if (problems.length > 0) {
    tell('rollcall: Nothing was changed; the gateway continues with the configuration that it has.')
    return
  }
  if (changed.length > 0) print(['Changed:', ...changed.map((each) => `  ${each}`)].join('\n'))
  if (needRestart.length > 0) {
    print(['Needs a restart:', ...needRestart.map((each) => `  ${each}`)].join('\n'))
  }
  if (changed.length === 0 && needRestart.length === 0) print('Nothing has changed.')
}
