import { isMapping } from './layers.ts'
import { nearest } from './nearest.ts'
import { DEFAULTS } from './schema.ts'
import { type KeyPath, valueAt } from './schema-keys.ts'

const PREFIX = 'ROLLCALL_'

/** The variable with the path of the configuration file. It sets no value. */
export const FILE_VARIABLE = `${PREFIX}CONFIG`

interface Leaf {
  path: readonly string[]
  kind: string
}

/** The values that a variable can set, by its name: `throttle.perSite` is `ROLLCALL_THROTTLE_PER_SITE`. */
const LEAVES: ReadonlyMap<string, Leaf> = new Map(
  leavesOf(DEFAULTS, []).map((leaf) => [variableOf(leaf.path), leaf]),
)

function leavesOf(value: unknown, path: readonly string[]): Leaf[] {
  if (isMapping(value))
    return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
  return Array.isArray(value) ? [] : [{ path, kind: typeof value }]
}

/** The variable that sets the value at a path. */
export function variableOf(path: KeyPath): string {
  const words = path.map((key) => String(key).replace(/[A-Z]/g, (capital) => `_${capital}`))
  return `${PREFIX}${words.join('_').toUpperCase()}`
}

/** The values that the environment sets, in the form of the file. An empty variable sets nothing. */
export function readEnvironment(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const layer: Record<string, unknown> = {}
  for (const [variable, { path, kind }] of LEAVES) {
    const given = env[variable]
    const [section, key] = path
    if (!given || section === undefined) continue
    if (key === undefined) layer[section] = typed(given, kind)
    else layer[section] = { ...(isMapping(layer[section]) ? layer[section] : {}), [key]: typed(given, kind) }
  }
  return layer
}

/**
 * Converts a text to the kind of the default. A text that does not fit stays as it is, and the schema
 * refuses it.
 */
function typed(given: string, kind: string): unknown {
  if (kind === 'number' && /^\d+$/.test(given)) return Number(given)
  if (kind === 'boolean' && (given === 'true' || given === 'false')) return given === 'true'
  return given
}

/**
 * One sentence for each variable with our prefix that sets no value and holds no secret of the configuration.
 *
 * @param written the configuration as it is written, which may be unsound
 */
export function unknownVariables(env: NodeJS.ProcessEnv, written: unknown): string[] {
  const referred = variablesOfSecrets(written)
  const known = [FILE_VARIABLE, ...LEAVES.keys()]
  return Object.keys(env)
    .filter((variable) => variable.startsWith(PREFIX) && !known.includes(variable) && !referred.has(variable))
    .map((variable) => `The environment variable ${variable} is not a known one; ${suggest(variable, known)}`)
}

function variablesOfSecrets(written: unknown): Set<string> {
  const places = ['credentials', 'sources', 'postgres', 'notify'].flatMap((section) =>
    valueAt(written, section),
  )
  return new Set(
    places
      .filter(isMapping)
      .flatMap((place) =>
        Object.entries(place).flatMap(([key, value]) =>
          key.endsWith('Env') && typeof value === 'string' ? [value] : [],
        ),
      ),
  )
}

function suggest(variable: string, known: readonly string[]): string {
  const near = nearest(
    variable.slice(PREFIX.length),
    known.map((name) => name.slice(PREFIX.length)),
  )
  return near === null
    ? `remove it, or name it after a key: ${PREFIX}SERVER_PORT sets server.port.`
    : `did you mean ${PREFIX}${near}?`
}
