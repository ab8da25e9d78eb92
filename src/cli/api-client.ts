import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import type { ReadingPart } from '../config/resolve-config.ts'
import { type Engine, openEngine } from '../gateway.ts'
import { isDatabaseThere } from '../store/store.ts'
import { type ApiAnswer, askOverHttp } from './api-over-http.ts'
import { CONFIG_OPTION } from './options.ts'
import { withoutControls } from './output.ts'

/** The options by which a command finds the gateway or the database that it works on. */
export interface ApiOptions {
  config?: string
  url?: string
  tokenEnv?: string
}

/** Asks the API of a running gateway, or the same API on a database without one. */
export interface ApiClient {
  /**
   * Returns the data of an operation. Its texts hold no control characters.
   *
   * @throws RollcallError with the first error of the answer
   */
  ask<T>(text: string, variables?: Readonly<Record<string, unknown>>): Promise<T>
  /** The engine on the database; null if a gateway is asked. */
  readonly engine: Engine | null
}

/** The requirements of a command on the database and its configuration. */
interface DatabaseUse {
  /** Whether it writes. If so, no gateway may run on the database. */
  writes: boolean
  /** The parts of the configuration that it needs with their secrets. */
  reads?: readonly ReadingPart[]
}

/** Adds the options of `ApiOptions` to a command. */
export function withApiOptions(command: Command): Command {
  return command
    .option(...CONFIG_OPTION)
    .option('--url <url>', 'ask the gateway at this address, not the database of the configuration')
    .option('--token-env <name>', 'the variable of the environment that holds the token for --url')
}

/** Calls `work` with a client for the gateway or the database that the options name. */
export async function withApi<T>(
  { config: file, url, tokenEnv }: ApiOptions,
  use: DatabaseUse,
  work: (api: ApiClient) => Promise<T>,
): Promise<T> {
  if (url !== undefined) {
    if (file !== undefined) throw new RollcallError('USAGE', 'Give either --url or --config.')
    const token = tokenFrom(tokenEnv)
    const endpoint = endpointOf(url)
    return await work({
      engine: null,
      ask: async (text, variables = {}) =>
        dataOf(await askOverHttp({ endpoint, token, tokenEnv }, text, variables)),
    })
  }
  if (tokenEnv !== undefined) throw new RollcallError('USAGE', '--token-env is for --url; give that as well.')
  const engine = await openDatabase(file, use)
  try {
    return await work(overEngine(engine))
  } finally {
    await engine.close()
  }
}

/** Returns a client for the API on the database of an engine. */
export function overEngine(engine: Engine): ApiClient {
  const log = createLogger({ level: 'fatal' })
  const viewer = { name: ownName(), role: 'ADMIN' } as const
  return {
    engine,
    ask: async (text, variables = {}) => {
      const { executeInProcess } = await import('../api/in-process.ts')
      return dataOf(await executeInProcess({ services: engine.services, viewer, log }, text, variables))
    },
  }
}

async function openDatabase(file: string | undefined, { writes, reads = [] }: DatabaseUse): Promise<Engine> {
  const config = loadConfig({ file, env: process.env, reads })
  if (!isDatabaseThere(config)) {
    throw new RollcallError(
      'NOT_FOUND',
      `There is no database at ${config.database}; give --url to ask a running gateway, or set \`database\`.`,
    )
  }
  try {
    return await openEngine({ config, log: createLogger({ level: 'fatal' }), besideGateway: !writes })
  } catch (failure) {
    if (!(failure instanceof RollcallError) || failure.code !== 'DATABASE_IN_USE') throw failure
    throw new RollcallError(
      'DATABASE_IN_USE',
      'A gateway or `rollcall refresh` uses the database, and only it may write to it; ' +
        'ask the gateway with --url http://HOST:PORT.',
      { cause: failure },
    )
  }
}

/** Returns the name of the person in the change log and the plans. */
function ownName(): string {
  try {
    return `cli:${userInfo().username}`
  } catch {
    // The user id has no name on this machine.
    return 'cli'
  }
}

function tokenFrom(name: string | undefined): string | null {
  if (name === undefined) return null
  const token = process.env[name]?.trim()
  if (token) return token
  throw new RollcallError('USAGE', `--token-env names ${name}, which is not set; put the token into it.`)
}

function endpointOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new RollcallError('USAGE', '--url is not an address such as http://127.0.0.1:4000; correct it.')
  if (url.pathname === '/') url.pathname = '/graphql'
  return url
}

function dataOf<T>({ data, errors }: ApiAnswer): T {
  const [error] = errors ?? []
  if (error === undefined) return withoutControls(data) as T
  const message = withoutControls({ text: error.message }).text
  throw new RollcallError(error.extensions?.code === 'NOT_FOUND' ? 'NOT_FOUND' : 'CONFLICT', message)
}
