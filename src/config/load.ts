import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { RollcallError, systemCodeOf } from '../base/errors.ts'
import { fileProblem } from '../base/files.ts'
import { type LineOf, parseLocatedYaml } from '../base/yaml.ts'
import { FILE_VARIABLE, readEnvironment, unknownVariables, variableOf } from './environment.ts'
import { gives, isMapping, merge } from './layers.ts'
import { isPostgresUrl } from './postgres-url.ts'
import { describeIssues, type NameKey, nameInFile } from './problems.ts'
import { problemsOfSoundParts, type ReadingPart, resolveConfig } from './resolve-config.ts'
import { type Config, configSchema, DEFAULTS } from './schema.ts'
import type { KeyPath } from './schema-keys.ts'
import { type ShownValues, shownValues } from './shown-values.ts'

const DEFAULT_FILE = 'rollcall.yaml'

export interface FileOptions {
  /** Default: the file that ROLLCALL_CONFIG names, else ./rollcall.yaml if it exists, else no file. */
  file?: string | undefined
  env: NodeJS.ProcessEnv
}

export interface LoadOptions extends FileOptions {
  /**
   * The parts whose secrets, keys and certificates are read. Those of the other parts need not exist: an
   * export of devices does not use their passwords. Default: all parts.
   */
  reads?: readonly ReadingPart[]
}

/** The full path of the configuration file, which need not exist. */
export function configFile({ file, env }: FileOptions): string {
  return resolve(file || env[FILE_VARIABLE] || DEFAULT_FILE)
}

/** A configuration as it is written, before it is checked. */
export interface WrittenConfig {
  /** The file as it was named; null if there is none, or nothing in it. */
  file: string | null
  /** Relative paths start here. */
  folder: string
  /** The values of the environment over those of the file over the defaults. */
  merged: unknown
  originOf(path: KeyPath): ValueOrigin
  nameKey: NameKey
}

/** Where a value of the configuration comes from. */
export type ValueOrigin =
  | { kind: 'default' }
  | { kind: 'file'; file: string; line: number | null }
  | { kind: 'environment'; variable: string }

/**
 * Loads the configuration. The environment takes precedence over the file, and the file over the defaults.
 * Relative paths start at the folder of the file, those in the environment at the working directory. Throws
 * a RollcallError (CONFIG_INVALID) with a line for each problem.
 */
export function loadConfig(options: LoadOptions): Config {
  return load(options).config
}

/** A configuration that was loaded, with its values as a file would write them. */
export interface LoadedConfig {
  /** The file as it was named; null if there is none, or nothing in it. */
  file: string | null
  config: Config
  values: ShownValues
}

/** Loads the configuration as `loadConfig` does, to compare it with a later one. */
export function loadWithValues(options: LoadOptions): LoadedConfig {
  const { file, config, merged } = load(options)
  return { file, config, values: shownValues(merged) }
}

function load({ file: named, env, reads }: LoadOptions): Omit<LoadedConfig, 'values'> & { merged: unknown } {
  const { file, folder, merged, nameKey } = readWritten({ file: named, env })
  const isRead = (part: ReadingPart) => reads === undefined || reads.includes(part)
  const from = { folder, env, nameKey, isRead }
  const checked = configSchema.safeParse(merged, { reportInput: true })
  if (!checked.success) {
    throw invalid([
      ...describeIssues(checked.error.issues, merged, nameKey),
      ...problemsOfSoundParts(merged, from),
      ...unknownVariables(env, merged),
    ])
  }
  const { config, problems: unresolved } = resolveConfig(checked.data, from)
  const problems = [
    ...unresolved,
    ...unknownVariables(env, merged),
    ...(isRead('probe') ? unreadableFiles(config, nameKey) : []),
  ]
  if (problems.length > 0) throw invalid(problems)
  return { file, config, merged }
}

/**
 * Reads the file and the environment.
 *
 * @throws RollcallError CONFIG_INVALID if the file cannot be read, or is no YAML with a mapping
 */
export function readWritten({ file, env }: FileOptions): WrittenConfig {
  const { name, folder, content, lineOf } = readFile(file || env[FILE_VARIABLE] || null)
  const environment = overridesOf(content, withFullPaths(readEnvironment(env)))
  const originOf = (path: KeyPath): ValueOrigin => {
    if (path.length > 0 && gives(environment, path))
      return { kind: 'environment', variable: variableOf(path) }
    if (gives(content, path)) return { kind: 'file', file: name, line: lineOf(path) }
    return { kind: 'default' }
  }
  return {
    file: content === null ? null : name,
    folder,
    // The defaults are a layer, so that a key without a value, such as `port:`, keeps its default.
    merged: [content, environment].reduce<unknown>(merge, DEFAULTS),
    originOf,
    nameKey: (path) => {
      const origin = originOf(path)
      return origin.kind === 'environment' ? origin.variable : nameInFile(name, path, lineOf(path))
    },
  }
}

function readFile(named: string | null): {
  name: string
  folder: string
  content: Readonly<Record<string, unknown>> | null
  lineOf: LineOf
} {
  const name = named ?? DEFAULT_FILE
  const folder = dirname(resolve(name))
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readConfigFile(name))
  } catch (thrown) {
    if (named === null && systemCodeOf(thrown) === 'ENOENT')
      return { name, folder, content: null, lineOf: () => null }
    const problem = thrown instanceof TypeError ? 'is not UTF-8 text' : fileProblem(thrown)
    throw invalid([
      `The configuration file ${name} ${problem}; name another with --config or ${FILE_VARIABLE}.`,
    ])
  }
  const parsed = parseLocatedYaml(text)
  if ('problem' in parsed) throw invalid([`${name} ${parsed.problem}`])
  const { value: content, lineOf } = parsed
  if (content !== null && !isMapping(content)) {
    throw invalid([`${name} must hold keys and values, such as "database: ./rollcall.db".`])
  }
  return { name, folder, content, lineOf }
}

/**
 * The values of the environment, without those for a section that the file gives as something else than a
 * mapping.
 */
function overridesOf(
  content: Readonly<Record<string, unknown>> | null,
  environment: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  // Such a section is a mistake in the file. Values laid over it would hide the mistake.
  const given = Object.entries(environment).filter(
    ([section, values]) => !isMapping(values) || isMapping(content?.[section] ?? {}),
  )
  return Object.fromEntries(given)
}

/** Makes the paths in the environment absolute, starting at the working directory. */
function withFullPaths(layer: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { database, probe, persistedOperations } = layer
  return {
    ...layer,
    ...(typeof database === 'string' && !isPostgresUrl(database) && { database: resolve(database) }),
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

/** A sentence if the known-hosts file cannot be read. Without it, every device would show an unknown key. */
function unreadableFiles({ probe: { knownHostsFile } }: Config, nameKey: NameKey): string[] {
  try {
    if (knownHostsFile !== null) readFileSync(knownHostsFile)
    return []
  } catch (thrown) {
    return [`${nameKey(['probe', 'knownHostsFile'])} names ${knownHostsFile}, which ${fileProblem(thrown)}.`]
  }
}

export function invalid(problems: readonly string[]): RollcallError {
  return new RollcallError('CONFIG_INVALID', problems.join('\n'))
}

/** Far more than a configuration with hundreds of sources has. Wrong keys are explained in seconds. */
const MAX_MEBIBYTES = 1

const PIECE_BYTES = 64 * 1024

/**
 * Reads the configuration file as a whole. It may be a pipe, as a shell makes one for `<(command)`, or a
 * device such as `/dev/null`. Some devices have no end, so the size is checked as it is read.
 */
function readConfigFile(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const pieces: Buffer[] = []
    let length = 0
    for (;;) {
      const piece = Buffer.alloc(PIECE_BYTES)
      const count = readSync(file, piece)
      if (count === 0) return Buffer.concat(pieces)
      length += count
      if (length > MAX_MEBIBYTES * 1024 * 1024) throw new Error(`it has more than ${MAX_MEBIBYTES} MiB`)
      pieces.push(piece.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
}
