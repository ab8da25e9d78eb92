import { z } from 'zod'
import { isMapping } from './layers.ts'
import { nearest } from './nearest.ts'
import { configSchema } from './schema.ts'
import { type KeyPath, keysAt, valueAt } from './schema-keys.ts'

/** Names the key at a path in a sentence, with the place its value came from. */
export type NameKey = (path: KeyPath) => string

/** Keys that would hold a secret itself. The file may only say where a secret is kept. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  credentials: ['password', 'privateKey', 'passphrase'],
  sources: ['password', 'token'],
  notify: ['secret'],
}

/** Keys of a source whose value may be, or contain, a misplaced secret. */
const PRIVATE_SOURCE_KEY = /^(?:url|(?:password|token)(?:Env|File))$/

const SHOWN_LENGTH = 60

/** Nobody reads more, and to find the line and the nearest key of each takes a millisecond and more. */
const MAX_DESCRIBED = 100

/** One sentence for each problem of `config`, a configuration as it is written; the last counts the rest. */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  config: unknown,
  nameKey: NameKey,
): string[] {
  const describing = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => () => unknownKey(issue.path, key, config, nameKey))
      : [() => problemOf(issue, nameKey)],
  )
  const described = describing.slice(0, MAX_DESCRIBED).map((describe) => describe())
  const rest = describing.length - described.length
  return rest === 0 ? described : [...described, `There are ${rest} more problems like these.`]
}

function problemOf(issue: z.core.$ZodIssue, nameKey: NameKey): string {
  const name = nameKey(issue.path)
  if (issue.code === 'custom' && issue.params?.predicate) return `${name} ${issue.message}.`
  const input = inputOf(issue)
  if (input === undefined) return `${name} is missing; it must be ${wantedBy(issue)}.`
  return `${name} must be ${wantedBy(issue)}${insteadOf(issue, input)}`
}

/**
 * What is wrong with a value for a key, as a sentence to the person who gave it; null if it is accepted.
 *
 * @param config what selects the schema of the key: `{ sources: [{ type: 'http' }] }`
 */
export function problemWith(value: unknown, path: KeyPath, config: unknown = {}): string | null {
  const schema = keysAt(configSchema, config, path.slice(0, -1))[String(path.at(-1))]
  if (schema === undefined) throw new Error(`The configuration has no key ${formatPath(path)}.`)
  const issue = z.safeParse(schema, value).error?.issues[0]
  if (issue === undefined) return null
  return issue.code === 'custom' && issue.params?.predicate
    ? `It ${issue.message}.`
    : `Give ${issue.message}.`
}

/** The value that was found, or the value of its key `type` if no mapping has that type. */
function inputOf(issue: z.core.$ZodIssue): unknown {
  if (issue.code === 'invalid_key') return issue.path.at(-1)
  if (issue.code !== 'invalid_union' || issue.discriminator === undefined) return issue.input
  return isMapping(issue.input) ? issue.input[issue.discriminator] : undefined
}

/** The expected value. For an unusable key of a record, the schema of the key describes it. */
function wantedBy(issue: z.core.$ZodIssue): string {
  return (issue.code === 'invalid_key' && issue.issues[0]?.message) || issue.message
}

function unknownKey(parent: KeyPath, key: string, config: unknown, nameKey: NameKey): string {
  const name = nameKey([...parent, key])
  const isSecret =
    parent.length === 2
      ? SECRETS[String(parent[0])]?.includes(key)
      : parent[0] === 'postgres' && key === 'password'
  if (isSecret) {
    return (
      `${name} would keep a secret in this file; ` +
      `name an environment variable with "${key}Env" or a file with "${key}File" instead.`
    )
  }
  return `${name} is not a known key; ${suggestKey(config, parent, key)}`
}

/** The sentence's end: the nearest known key, or all keys that may stand there. */
function suggestKey(config: unknown, parent: KeyPath, key: string): string {
  const siblings = Object.keys(keysAt(configSchema, config, parent))
  const sibling = nearest(key, siblings)
  if (sibling !== null) return `did you mean "${formatPath([...parent, sibling])}"?`
  const [outer = '', ...rest] = key.split('.')
  const inner = rest.join('.')
  if (Object.hasOwn(keysAt(configSchema, config, [...parent, outer]), inner)) {
    return `did you mean the key "${inner}" of the mapping "${formatPath([...parent, outer])}"?`
  }
  const elsewhere = Object.entries(keysAt(configSchema, config)).find(([name, section]) =>
    Object.hasOwn(keysAt(section, valueAt(config, name)), key),
  )
  if (elsewhere) return `did you mean "${elsewhere[0]}.${key}"?`
  return `the keys known there are ${siblings.join(', ')}.`
}

/**
 * The end of a sentence with the value that was found and the one that was meant, unless the value may be a
 * misplaced secret.
 */
function insteadOf(issue: z.core.$ZodIssue, input: unknown): string {
  if (mayBeSecret(issue.path)) return '.'
  if (Array.isArray(input)) return ', not a list.'
  if (typeof input === 'object' && input !== null) return ', not a mapping.'
  const shown = JSON.stringify(input) ?? String(input)
  const meant = meantBy(input, wantedBy(issue), issue.code === 'invalid_value' ? issue.values : [])
  return (
    `, not ${shown.length > SHOWN_LENGTH ? `${shown.slice(0, SHOWN_LENGTH)}…` : shown}` +
    (meant === null ? '.' : `; did you mean ${meant}?`)
  )
}

function mayBeSecret(path: KeyPath): boolean {
  const key = String(path.at(-1))
  if (path[0] === 'credentials') return key !== 'name'
  if (path[0] === 'sources') return PRIVATE_SOURCE_KEY.test(key)
  if (path[0] === 'notify') return key === 'url' || key === 'secretEnv' || key === 'secretFile'
  return path[0] === 'postgres' || (path[0] === 'auth' && key === 'jwks')
}

const UNITS: readonly (readonly [spelled: RegExp, unit: string])[] = [
  [/^m(illi)?s(ec(ond)?s?)?$/i, 'ms'],
  [/^s(ec(ond)?s?)?$/i, 's'],
  [/^m(in(ute)?s?)?$/i, 'm'],
  [/^h(((ou)?rs?)?)$/i, 'h'],
  [/^d(ays?)?$/i, 'd'],
]

const SPELLED_BOOLEANS: Readonly<Record<string, string>> = {
  yes: 'true',
  on: 'true',
  no: 'false',
  off: 'false',
}

/** What a person most likely meant by a value that is not accepted; null if that cannot be guessed. */
function meantBy(input: unknown, wanted: string, accepted: readonly unknown[]): string | null {
  if (typeof input === 'number' && input > 0) {
    if (wanted.startsWith('a duration')) return `${input}s`
    return wanted.startsWith('a rate') ? `${input}/s` : null
  }
  if (typeof input !== 'string') return null
  if (wanted.includes('true or false')) return SPELLED_BOOLEANS[input.toLowerCase()] ?? null
  const [, count, spelled = ''] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(input) ?? []
  if (count !== undefined && wanted.startsWith('a duration')) {
    const unit = UNITS.find(([spelling]) => spelling.test(spelled))?.[1]
    // The right spelling of a duration that is too short or too long is no help.
    return unit === undefined || `${count}${unit}` === input ? null : `${count}${unit}`
  }
  return nearest(input, accepted.map(String))
}

/** A key of the file, in quotes, after the file's name and the line. */
export function nameInFile(file: string, path: KeyPath, line: number | null): string {
  if (path.length === 0) return `${file}: the whole`
  return `${file}:${line === null ? '' : `${line}:`} "${formatPath(path)}"`
}

/** `credentials[0].match`, as a person would write it. */
function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
}
