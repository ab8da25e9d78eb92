import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { messageOf, RollcallError } from '../base/errors.ts'
import { decodeText, withoutLineEnd } from '../base/files.ts'
import { readPrivateKey } from '../base/private-key.ts'
import type { ProbeCredential } from '../netconf/report/probe-report.ts'
import { countAgentKeys } from '../netconf/ssh/ssh-agent.ts'
import { askPassword, canAsk } from './ask-password.ts'

/** The options of `probe` for the login. */
export interface LoginOptions {
  user?: string
  passwordEnv?: string
  key?: string
  passphraseEnv?: string
}

const WITHOUT_LOGIN =
  'Give --password-env or --key (or both), so that the probe can log in. ' +
  'At a terminal it asks for a password, and it uses the keys of an ssh-agent ($SSH_AUTH_SOCK).'

/**
 * Returns the credential that the options name; null if they name none. Throws USAGE if it cannot be read.
 */
export async function givenCredential(options: LoginOptions): Promise<ProbeCredential | null> {
  const { passwordEnv, key, passphraseEnv } = options
  if (passphraseEnv !== undefined && key === undefined) {
    throw new RollcallError('USAGE', '--passphrase-env is for a private key; give --key as well.')
  }
  if (passwordEnv === undefined && key === undefined) return null
  const passphrase = fromEnvironment('--passphrase-env', passphraseEnv)
  return {
    username: userOf(options),
    password: fromEnvironment('--password-env', passwordEnv),
    privateKey: key === undefined ? undefined : await readKey(key, passphrase),
  }
}

/**
 * Returns the credential of the person who runs the command: the keys of an ssh-agent if it has any, else a
 * password that is asked for. Throws USAGE if there is neither an agent nor a terminal.
 */
export async function ownCredential(options: LoginOptions): Promise<ProbeCredential> {
  const username = userOf(options)
  const agentSocket = process.env.SSH_AUTH_SOCK || undefined
  const keys = agentSocket === undefined ? null : await countAgentKeys(agentSocket, systemClock)
  if (keys !== null && keys > 0) return { username, agentSocket }
  const asked = await askedCredential(username)
  if (asked !== null) return asked
  const agent = keys === null ? '' : ' The ssh-agent has no keys; add one with ssh-add.'
  throw new RollcallError('USAGE', `${WITHOUT_LOGIN}${agent}`)
}

/** Returns a credential with the password that a person types; null if there is nobody to ask. */
export async function askedCredential(username: string): Promise<ProbeCredential | null> {
  if (!canAsk()) return null
  const password = await askPassword(`Password of ${username}: `)
  if (password === '') throw new RollcallError('USAGE', 'No password was given, so nothing was probed.')
  return { username, password }
}

function userOf({ user }: LoginOptions): string {
  if (user !== undefined) return user
  try {
    return userInfo().username
  } catch (failure) {
    throw new RollcallError(
      'USAGE',
      `The user that runs this has no name (${messageOf(failure)}); give --user.`,
    )
  }
}

function fromEnvironment(option: string, variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined
  const value = withoutLineEnd(process.env[variable] ?? '')
  if (value) return value
  throw new RollcallError(
    'USAGE',
    `${option} names ${variable}, and the environment has no such variable; set it.`,
  )
}

async function readKey(file: string, passphrase: string | undefined): Promise<string> {
  const text = await readFile(file).then(decodeText, (failure: unknown) => {
    throw new RollcallError(
      'USAGE',
      `The key cannot be read (${messageOf(failure)}); give --key a file that can be.`,
    )
  })
  const answer = readPrivateKey(text, { passphrase, file })
  if ('key' in answer) return answer.key
  throw new RollcallError('USAGE', `--key names ${file}, which ${answer.problem}.`)
}
