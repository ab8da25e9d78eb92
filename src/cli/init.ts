import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { messageOf, RollcallError, systemCodeOf } from '../base/errors.ts'
import { PACKAGE_FOLDER } from '../base/package-folder.ts'
import { isLoopbackHost } from '../config/values.ts'
import { canAsk } from './ask-password.ts'
import { answersOfOptions, answersOfPerson, type InitOptions } from './init-answers.ts'
import { configurationText, type InitAnswers, SOURCE_TYPES, variablesOf } from './init-text.ts'
import { tell } from './output.ts'

const SCHEMA_FILE = join(PACKAGE_FOLDER, 'schema/configuration.schema.json')

export const command = new Command('init')
  .description(
    'Writes a configuration with comments. At a terminal it asks for what the options do not say; ' +
      'elsewhere, and with --yes, it takes the defaults.',
  )
  .argument('[file]', 'the file to write', 'rollcall.yaml')
  .addOption(new Option('--source <type>', 'where the list of devices comes from').choices(SOURCE_TYPES))
  .option('--path <file>', 'the inventory, if it is a file')
  .option('--url <url>', 'the inventory, if it is on a server')
  .option('--user <name>', 'the user to log in to the devices as')
  .option('--password-env <name>', 'the environment variable with the password of the devices')
  .addOption(
    new Option('--key <file>', 'a private key to log in with, instead of a password').conflicts(
      'passwordEnv',
    ),
  )
  .option('--database <path or URL>', 'the SQLite file, or the URL of a PostgreSQL database')
  .option('--every <duration>', 'how often to probe all devices')
  .option('--host <address>', 'the address to listen on')
  .option('--yes', 'ask nothing')
  .option('--force', 'replace the file if it is there')
  .addHelpText('after', '\nExample:\n  rollcall init --source netbox --url https://netbox.example.org')
  .action(
    async (
      file: string,
      { yes = false, force = false, ...options }: InitOptions & { yes?: boolean; force?: boolean },
    ) => {
      const path = resolve(file)
      // Said before the questions, not after them.
      if (!force && existsSync(path)) throw alreadyThere(path)
      const isAsked = canAsk() && !yes
      const answers = await (isAsked
        ? answersOfPerson(options, { input: process.stdin, output: process.stderr })
        : answersOfOptions(options))
      write(path, configurationText(answers, SCHEMA_FILE), force)
      tell([`Wrote ${path}. What to do next:`, ...nextSteps(answers, path)].join('\n'))
    },
  )

function write(path: string, text: string, force: boolean): void {
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' })
  } catch (failure) {
    if (systemCodeOf(failure) === 'EEXIST') throw alreadyThere(path)
    throw new RollcallError('CONFLICT', `${path} cannot be written (${messageOf(failure)}).`, {
      cause: failure,
    })
  }
}

function alreadyThere(path: string): RollcallError {
  return new RollcallError(
    'CONFLICT',
    `${path} is there already and was left as it is; --force replaces it, or name another file.`,
  )
}

function nextSteps(answers: InitAnswers, path: string): string[] {
  const { source, location, keyFile, host } = answers
  const inventory = resolve(dirname(path), location)
  const given = path === resolve('rollcall.yaml') ? '' : ` --config ${path}`
  return [
    ...variablesOf(answers).map((variable) => `Set ${variable} in the environment to the secret.`),
    ...(keyFile === null ? [] : [`Put the private key into ${resolve(dirname(path), keyFile)}.`]),
    ...(source === 'file' && !existsSync(inventory) ? [`Put the inventory into ${inventory}.`] : []),
    ...(source === 'solarwinds'
      ? ['Correct the user of SolarWinds, and the columns for site and country.']
      : []),
    `Run \`rollcall config check --online${given}\`, then \`rollcall serve${given}\`.`,
    ...(isLoopbackHost(host)
      ? []
      : [`Make a token with \`rollcall token create NAME --role ADMIN${given}\`.`]),
  ].map((step, index) => `${index + 1}. ${step}`)
}
