import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf, RollcallError } from '../base/errors.ts'
import { fileProblem } from '../base/files.ts'
import type { Config, JwtConfig, SourceConfig } from '../config/schema.ts'
import { whyUnusable } from '../inventory/unusable-records.ts'
import { createSource } from '../sources/create-source.ts'
import { describeDatabase } from '../store/maintenance/describe-database.ts'
import { isDatabaseThere } from '../store/store.ts'
import { addressOf } from './options.ts'

/** The most records of a source whose problem is told, and the most keys that are named. */
const MOST_LISTED = 5

/** The findings at one place that the configuration names. */
export interface Finding {
  /** `database`, `source "global"`. */
  what: string
  /** A sentence without its full stop. */
  found: string
  /** More sentences, such as those on records that cannot be used. */
  details: readonly string[]
  /** Whether a gateway could work with it. */
  isUsable: boolean
}

/**
 * Looks at everything that a gateway with this configuration would use, except devices. It changes nothing: a
 * SQLite file is not created, no migration runs, and what the sources answer is dropped.
 */
export async function lookAround(config: Config, signal: AbortSignal): Promise<Finding[]> {
  const findings = [await lookAtDatabase(config)]
  for (const source of config.sources) findings.push(await lookAtSource(source, config, signal))
  if (config.sources.length === 0) {
    findings.push(usable('sources', 'none; only devices that are onboarded by hand are probed'))
  }
  findings.push(...config.credentials.map(describeCredential))
  if (config.auth.mode === 'jwt') findings.push(await lookAtKeys(config.auth.keys))
  if (config.persistedOperations.file !== null) findings.push(await lookAtOperations(config))
  return findings
}

async function lookAtDatabase(config: Config): Promise<Finding> {
  const what = 'database'
  if (!isDatabaseThere(addressOf(config))) return await lookAtFolder(config.database)
  return await orProblem(what, async () => {
    const { name, kind, version, isEmpty, due } = await describeDatabase(config.database, config.postgres)
    const state = isEmpty
      ? 'empty; `serve` creates its tables'
      : due.length === 0
        ? 'up to date'
        : `${counted(due.length, 'migration')} due, which \`serve\` applies`
    return usable(what, `${kind} ${version}, ${name}: ${state}`, isEmpty ? [] : due)
  })
}

async function lookAtFolder(database: string): Promise<Finding> {
  const folder = dirname(database)
  try {
    await access(folder, constants.W_OK)
    return usable('database', `SQLite, ${database}: not there yet; \`serve\` creates it`)
  } catch (failure) {
    const problem = `${database} cannot be created, because the folder ${folder} ${fileProblem(failure)}`
    return unusable('database', problem)
  }
}

async function lookAtSource(source: SourceConfig, { probe }: Config, signal: AbortSignal): Promise<Finding> {
  const what = `source "${source.name}"`
  return await orProblem(what, async () => {
    const inventory = await createSource(source, { defaultPort: probe.port }).fetch(signal)
    const { records, rejected } = inventory
    const reason = whyUnusable(source.name, inventory)
    if (reason !== null) return unusable(what, withoutStop(reason), rejections(rejected))
    const listed = counted(records.length, 'device')
    const found =
      rejected.length === 0 ? listed : `${listed}, ${counted(rejected.length, 'record')} set aside`
    return usable(what, found, rejections(rejected))
  })
}

function rejections(rejected: readonly { position: number; reason: string }[]): string[] {
  const lines = rejected.map(({ position, reason }) => `record ${position}: ${withoutStop(reason)}`)
  return firstOf(lines, '; `rollcall sync --dry-run` lists them')
}

/** Returns the first lines, and one that says how many more there are. */
function firstOf(lines: readonly string[], whereAreMore = ''): string[] {
  const more = lines.length - MOST_LISTED
  return more <= 0 ? [...lines] : [...lines.slice(0, MOST_LISTED), `and ${more} more${whereAreMore}`]
}

function describeCredential({
  name,
  username,
  password,
  privateKey,
  match,
}: Config['credentials'][number]): Finding {
  const secrets = [
    ...(privateKey === undefined ? [] : ['a private key']),
    ...(password === undefined ? [] : ['a password']),
  ]
  const rules = Object.entries(match ?? {}).map(([part, glob]) => `${part} ${glob}`)
  const devices = rules.length === 0 ? 'all devices' : `devices with ${rules.join(' and ')}`
  return usable(`credential "${name}"`, `${username} with ${secrets.join(' and ')}, for ${devices}`)
}

async function lookAtKeys(keys: JwtConfig['keys']): Promise<Finding> {
  const what = 'keys of JWTs'
  return await orProblem(what, async () => {
    // Loaded here, because only few configurations need the library.
    const { readKeys } = await import('../api/auth/jwt-keys.ts')
    const all = await readKeys(keys)
    const signing = all.filter(({ kty, use }) => kty !== 'oct' && use !== 'enc')
    const place = 'url' in keys ? keys.url : 'auth.jwt.jwksFile'
    if (signing.length === 0)
      return unusable(what, `no key that checks signatures among ${all.length} of ${place}`)
    const names = signing.map(({ kid, alg, kty }) => `${kid ?? 'without a name'} (${alg ?? kty})`)
    return usable(what, `${counted(signing.length, 'key')} of ${place}`, firstOf(names))
  })
}

async function lookAtOperations({ persistedOperations, server }: Config): Promise<Finding> {
  const what = 'persisted operations'
  return await orProblem(what, async () => {
    // Loaded here, because the schema takes a while.
    const [{ PersistedOperations }, { schema }] = await Promise.all([
      import('../api/operations/persisted-operations.ts'),
      import('../api/schema/schema.ts'),
    ])
    const { introspection } = server
    const { size } = await PersistedOperations.load(persistedOperations, { schema, introspection })
    const rest = persistedOperations.only ? 'all others are refused' : 'others are allowed as well'
    return usable(what, `${counted(size, 'operation')}; ${rest}`)
  })
}

async function orProblem(what: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look()
  } catch (failure) {
    if (!(failure instanceof RollcallError)) throw failure
    const [first = '', ...more] = messageOf(failure).split('\n').map(withoutStop)
    return unusable(what, first, more)
  }
}

function usable(what: string, found: string, details: readonly string[] = []): Finding {
  return { what, found, details, isUsable: true }
}

function unusable(what: string, found: string, details: readonly string[] = []): Finding {
  return { what, found, details, isUsable: false }
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
