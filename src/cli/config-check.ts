import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { configFile, loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { colorsOf } from './colors.ts'
import { type Finding, lookAround } from './config-online.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson, withoutControls } from './output.ts'
import { abortWith, stopRequested } from './signals.ts'
import { labelled } from './table.ts'
import { widthOf } from './wrapping.ts'

interface CheckOptions {
  config?: string
  online?: boolean
  json?: boolean
}

export const command = new Command('check')
  .description(
    'Checks the configuration as `serve` does when it starts, with all secrets, keys and certificates, and ' +
      'prints every problem. Exits with 1 if there is one.',
  )
  .option(...CONFIG_OPTION)
  .option(
    '--online',
    'connect to the sources, the database and the issuer of JWTs, too, and tell what is there; nothing is ' +
      'changed, and no device is probed',
  )
  .option('--json', 'print what was found as JSON')
  .addHelpText('after', '\nExample:\n  rollcall config check --online')
  .action(async ({ config: file, online = false, json = false }: CheckOptions) => {
    const path = configFile({ file, env: process.env })
    const { config, problems } = load(file)
    const stopped = 'Stopped before everything was looked at.'
    const findings =
      config !== null && online
        ? withoutControls(await lookAround(config, abortWith(stopRequested(), stopped)))
        : []
    if (problems.length > 0 && !json) throw new RollcallError('CONFIG_INVALID', problems.join('\n'))
    if (json) printJson({ file: path, problems, findings })
    else print([verdict(path), ...shown(findings)].join('\n'))
    if (problems.length > 0 || findings.some(({ isUsable }) => !isUsable)) process.exitCode = 1
  })

function load(file: string | undefined): { config: Config | null; problems: string[] } {
  try {
    return { config: loadConfig({ file, env: process.env }), problems: [] }
  } catch (failure) {
    if (!(failure instanceof RollcallError) || failure.code !== 'CONFIG_INVALID') throw failure
    return { config: null, problems: failure.message.split('\n') }
  }
}

function verdict(path: string): string {
  return existsSync(path)
    ? `The configuration is valid: ${path}`
    : `There is no file ${path}; every key has its default, or the value of an environment variable.`
}

function shown(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return []
  const paint = colorsOf(process.stdout)
  const rows = findings.flatMap(({ what, found, details, isUsable }): [string, string][] => [
    [what, isUsable ? found : paint('red', `FAILED: ${found}`)],
    ...details.map((detail): [string, string] => ['', detail]),
  ])
  return ['', labelled(rows, widthOf(process.stdout))]
}
