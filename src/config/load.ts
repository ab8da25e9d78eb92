import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { RollcallError, systemCodeOf } from '../base/errors.ts'
import { fileProblem } from '../base/file-problem.ts'
import { parseYaml } from '../base/yaml.ts'
import { readAuth } from './auth.ts'
import { FILE_VARIABLE, readEnvironment, unknownVariables, variableOf } from './environment.ts'
import { DEFAULTS, fileSchema } from './file-schema.ts'
import { gives, isMapping, merge } from './layers.ts'
import { describeIssues, type NameKey, nameInFile } from './problems.ts'
import { resolveConfig } from './resolve-config.ts'
import type { Config } from './schema.ts'
import type { KeyPath } from './schema-keys.ts'
import { readCredentials, referredVariables } from './secrets.ts'
import { readSources } from './sources.ts'

const DEFAULT_FILE = 'rollcall.yaml'

/** The parts of the configuration that name secrets, keys or certificates kept elsewhere. */
type ReadingPart = 'auth' | 'sources' | 'credentials' | 'probe'

interface FileOptions {
  /** Default: what ROLLCALL_CONFIG names, else ./rollcall.yaml where it exists, else no file. */
  file?: string | undefined
  env: NodeJS.ProcessEnv
}

export interface LoadOptions extends FileOptions {
  /**
   * The parts of which what they name is read. Of the others it need not be there, and is left out or empty: who exports
   * devices has no use for their passwords. Default: all of them.
   */
  reads?: readonly ReadingPart[]
}

/** The configuration file that is used, or that would be where it does not exist: its full path. */
export function configFile({ file, env }: FileOptions): string {
  return resolve(file || env[FILE_VARIABLE] || DEFAULT_FILE)
}

/**
 * The configuration: defaults, over them the file, over it the environment. Relative paths start at the file's folder, those of the
 * environment at the working directory. Throws a RollcallError (CONFIG_INVALID)
 * with one sentence a line, for each problem found.
 */
export function loadConfig({ file, env, reads }: LoadOptions): Config {
  const written = readFile(file || env[FILE_VARIABLE] || null)
  const environment = withFullPaths(readEnvironment(env))
  const merged = [written.content, environment].reduce<unknown>(merge, DEFAULTS)
  const nameKey = (path: KeyPath): string => {
    if (path.length > 0 && gives(environment, path)) return variableOf(path)
    return nameInFile(written.name, path)
  }
  const checked = fileSchema.safeParse(merged, { reportInput: true })
  if (!checked.success) throw invalid(describeIssues(checked.error.issues, merged, nameKey))
  const isRead = (part: ReadingPart) => reads === undefined || reads.includes(part)
  const from = (part: ReadingPart) => ({ folder: written.folder, env, nameKey, reads: isRead(part) })
  const sources = readSources(checked.data.sources, from('sources'))
  const credentials = readCredentials(checked.data.credentials, from('credentials'))
  const auth = readAuth(checked.data.auth, from('auth'))
  const config = resolveConfig(checked.data, { ...auth, ...sources, ...credentials }, written.folder)
  const problems = [
    ...auth.problems,
    ...sources.problems,
    ...credentials.problems,
    ...unknownVariables(env, referredVariables(checked.data)),
    ...(isRead('probe') ? unreadableFiles(config, nameKey) : []),
  ]
  if (problems.length > 0) throw invalid(problems)
  return config
}

function readFile(named: string | null): { name: string; folder: string; content: unknown } {
  const name = named ?? DEFAULT_FILE
  const folder = dirname(resolve(name))
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(name))
  } catch (thrown) {
    if (named === null && systemCodeOf(thrown) === 'ENOENT') return { name, folder, content: null }
    const problem = thrown instanceof TypeError ? 'is not UTF-8 text' : fileProblem(thrown)
    throw invalid([
      `The configuration file ${name} ${problem}; name another with --config or ${FILE_VARIABLE}.`,
    ])
  }
  const parsed = parseYaml(text, { scalars: 'typed' })
  if ('problem' in parsed) throw invalid([`${name} ${parsed.problem}`])
  const content = parsed.value
  if (content !== null && !isMapping(content)) {
    throw invalid([`${name} must hold keys and values, such as "database: ./rollcall.db".`])
  }
  return { name, folder, content }
}

/** A path that does not stand in the file starts at the working directory. */
function withFullPaths(layer: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { database, probe, persistedOperations } = layer
  return {
    ...layer,
    ...(typeof database === 'string' && { database: resolve(database) }),
    ...(isMapping(probe) &&
      typeof probe.knownHostsFile === 'string' && {
        probe: { ...probe, knownHostsFile: resolve(probe.knownHostsFile) },
      }),
    ...(isMapping(persistedOperations) &&
      typeof persistedOperations.file === 'string' && {
        persistedOperations: { ...persistedOperations, file: resolve(persistedOperations.file) },
      }),
  }
}

/** One sentence where the known-hosts file cannot be read, before all devices are found to be strangers. */
function unreadableFiles({ probe: { knownHostsFile } }: Config, nameKey: NameKey): string[] {
  try {
    if (knownHostsFile !== null) readFileSync(knownHostsFile)
    return []
  } catch (thrown) {
    return [`${nameKey(['probe', 'knownHostsFile'])} names ${knownHostsFile}, which ${fileProblem(thrown)}.`]
  }
}

function invalid(problems: readonly string[]): RollcallError {
  return new RollcallError('CONFIG_INVALID', problems.join('\n'))
}
