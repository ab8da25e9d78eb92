import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { RollcallError, systemCodeOf } from '../base/errors.ts'
import { fileProblem } from '../base/file-problem.ts'
import { parseYaml } from '../base/yaml.ts'
import { readAuth } from './auth.ts'
import { FILE_VARIABLE, readEnvironment, unknownVariables, variableOf } from './environment.ts'
import { DEFAULTS, fileSchema } from './file-schema.ts'
import type { KeyPath } from './known-keys.ts'
import { gives, isMapping, merge } from './layers.ts'
import { describeIssues, type NameKey, nameInFile } from './problems.ts'
import { resolveConfig } from './resolve-config.ts'
import type { Config } from './schema.ts'
import { readCredentials, referredVariables } from './secrets.ts'
import { readSources } from './sources.ts'

const DEFAULT_FILE = 'rollcall.yaml'

export interface LoadOptions {
  /** Default: what ROLLCALL_CONFIG names, else ./rollcall.yaml where it exists, else no file. */
  file?: string | undefined
  env: NodeJS.ProcessEnv
}

/**
 * The configuration: defaults, over them the file, over it the environment. Relative paths start at the file's folder, those of the
 * environment at the working directory. Throws a RollcallError (CONFIG_INVALID)
 * with one sentence a line, for each problem found.
 */
export function loadConfig({ file, env }: LoadOptions): Config {
  const written = readFile(file || env[FILE_VARIABLE] || null)
  const environment = withFullPaths(readEnvironment(env))
  const merged = [written.content, environment].reduce<unknown>(merge, DEFAULTS)
  const nameKey = (path: KeyPath): string => {
    if (path.length > 0 && gives(environment, path)) return variableOf(path)
    return nameInFile(written.name, path)
  }
  const checked = fileSchema.safeParse(merged, { reportInput: true })
  if (!checked.success) throw invalid(describeIssues(checked.error.issues, merged, nameKey))
  const from = { folder: written.folder, env, nameKey }
  const sources = readSources(checked.data.sources, from)
  const credentials = readCredentials(checked.data.credentials, from)
  const auth = readAuth(checked.data.auth, from)
  const config = resolveConfig(checked.data, { ...auth, ...sources, ...credentials }, written.folder)
  const problems = [
    ...auth.problems,
    ...sources.problems,
    ...credentials.problems,
    ...unknownVariables(env, referredVariables(checked.data)),
    ...unreadableFiles(config, nameKey),
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
