import { isDeepStrictEqual } from 'node:util'
import { isMapping } from './layers.ts'
import type { LoadedConfig } from './load.ts'
import type { Config } from './schema.ts'
import type { ShownValues } from './shown-values.ts'

/** The sections that may change while a process runs. */
const RELOADED = ['sources', 'credentials', 'throttle', 'schedule'] as const

/** What differs between two configurations, in short phrases. */
export interface ConfigChanges {
  /** The differences that a running process can follow. */
  changed: string[]
  /** Those that count from the next start. */
  needRestart: string[]
}

/**
 * Compares the configuration of a running process with one that was loaded later.
 *
 * @param sections those that the process uses. Default: all
 */
export function compareConfigs(
  before: LoadedConfig,
  after: LoadedConfig,
  sections?: readonly string[],
): ConfigChanges {
  const isUsed = (section: string) => sections === undefined || sections.includes(section)
  const isReloaded = (section: string) => RELOADED.some((each) => each === section)
  const changed = [
    ...(isUsed('sources') ? sourceChanges(before.config.sources, after.config.sources) : []),
    ...(isUsed('credentials') ? credentialChanges(before.config.credentials, after.config.credentials) : []),
    ...['throttle', 'schedule'].filter(isUsed).flatMap((section) => valueChanges(section, before, after)),
  ]
  const others = Object.keys(after.values).filter((section) => isUsed(section) && !isReloaded(section))
  const needRestart = others.flatMap((section) => {
    const changes = valueChanges(section, before, after)
    return changes.length > 0 ? changes : secretChanges(section, before.config, after.config)
  })
  return { changed, needRestart }
}

/** Returns what a process has that runs with one configuration and has followed the changes of another. */
export function followed(before: LoadedConfig, after: LoadedConfig): LoadedConfig {
  const { sources, credentials, throttle, schedule } = after.config
  const values = RELOADED.map((section) => [section, after.values[section]])
  return {
    file: after.file,
    config: { ...before.config, sources, credentials, throttle, schedule },
    values: { ...before.values, ...Object.fromEntries(values) },
  }
}

function sourceChanges(before: Config['sources'], after: Config['sources']): string[] {
  return listChanges('source', before, after, () => 'changed')
}

function credentialChanges(before: Config['credentials'], after: Config['credentials']): string[] {
  return listChanges('credential', before, after, ({ match: one, ...login }, { match: other, ...newLogin }) =>
    [
      ...(isDeepStrictEqual(login, newLogin) ? [] : ['login changed']),
      ...(isDeepStrictEqual(one, other) ? [] : ['match changed']),
    ].join(', '),
  )
}

/** Compares lists of named items: which were added, removed or changed, and whether the order differs. */
function listChanges<Item extends { name: string }>(
  noun: string,
  before: readonly Item[],
  after: readonly Item[],
  describe: (one: Item, other: Item) => string,
): string[] {
  const old = new Map(before.map((item) => [item.name, item]))
  const names = after.map(({ name }) => name)
  const removed = before.filter(({ name }) => !names.includes(name))
  const kept = before.map(({ name }) => name).filter((name) => names.includes(name))
  const isReordered = names.filter((name) => old.has(name)).some((name, index) => name !== kept[index])
  return [
    ...removed.map(({ name }) => `${noun} "${name}": removed`),
    ...after.flatMap((item) => {
      const known = old.get(item.name)
      if (known === undefined) return [`${noun} "${item.name}": added`]
      return isDeepStrictEqual(known, item) ? [] : [`${noun} "${item.name}": ${describe(known, item)}`]
    }),
    ...(isReordered ? [`the order of the ${noun}s: changed`] : []),
  ]
}

function valueChanges(section: string, before: LoadedConfig, after: LoadedConfig): string[] {
  const one = new Map(singleValues(section, before.values[section]))
  const other = new Map(singleValues(section, after.values[section]))
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) => {
    const [was, is] = [one.get(key), other.get(key)]
    return was === is ? [] : [`${key}: ${was ?? 'not set'} → ${is ?? 'not set'}`]
  })
}

/** Lists all values below a key with their paths. A list is one value. */
function singleValues(path: string, value: unknown): [string, string][] {
  if (!isMapping(value)) return [[path, typeof value === 'string' ? value : JSON.stringify(value)]]
  return Object.entries(value as ShownValues).flatMap(([key, inner]) => singleValues(`${path}.${key}`, inner))
}

/** Finds out whether a password, a key or a certificate has changed whose place is the same. */
function secretChanges(section: string, before: Config, after: Config): string[] {
  if (section !== 'auth' && section !== 'postgres' && section !== 'notify') return []
  return isDeepStrictEqual(before[section], after[section]) ? [] : [`${section}: a secret or key changed`]
}
