import type {
  CapabilityFilter,
  DeviceFilter,
  ProbeOutcome,
  ProbePhase,
  StringFilter,
} from '../api/generated.ts'

/**
 * The text of a filter, as it stands in the address bar: terms with a blank between them. `site:FRA*`,
 * `outcome:timeout,unreachable`, `-capability:candidate`, `stale:2d`; a term without a key is part of a name.
 * Quotes hold blanks together. Terms with the same key are alternatives; all others must match.
 */
export interface Term {
  key: FilterKey
  value: string
  isNegated: boolean
}

interface TermProblem {
  text: string
  /** The text to write instead. */
  message: string
}

export interface ParsedFilter {
  terms: Term[]
  problems: TermProblem[]
}

type Meaning = (value: string) => DeviceFilter | string

/** The meaning of each key: its filter, or a text that describes valid values. */
const KEYS = {
  name: (value) => anyOf(inAnyCase(value).map((text) => texts(text, (name) => ({ name })))),
  address: (value) => texts(value, (address) => ({ address })),
  site: (value) => texts(value, (name) => ({ site: { name } })),
  country: (value) => texts(value, (name) => ({ site: { country: { name } } })),
  region: (value) => texts(value, (region) => ({ site: { country: { region } } })),
  outcome: (value) => {
    const given = value.split(',').map(upperCase)
    const outcomes = given.filter((each) => each !== NEVER_PROBED)
    if (!outcomes.every(isOutcome)) return `one of none, ${OUTCOME_WORDS.join(', ')}`
    if (outcomes.length === given.length) return { outcome: outcomes }
    const never = { probedBefore: new Date(0).toISOString() }
    return outcomes.length === 0 ? never : { or: [never, { outcome: outcomes }] }
  },
  platform: (value) => texts(value, (platform) => ({ platform })),
  vendor: (value) => texts(value, (vendor) => ({ vendor })),
  model: (value) => texts(value, (model) => ({ model })),
  os: (value) => texts(value, (osVersion) => ({ osVersion })),
  capability: (value) => ({ hasCapability: capability(value) }),
  lacks: (value) => ({ lacksCapability: capability(value) }),
  stale: (value) => {
    const ms = durationOf(value)
    return ms === null
      ? 'an age such as 6h or 2d'
      : { probedBefore: new Date(Math.floor((Date.now() - ms) / 60_000) * 60_000).toISOString() }
  },
  phase: (value) => {
    const phases = value.split(',').map(upperCase)
    return phases.every(isPhase) ? { phase: phases } : `one of ${PHASE_WORDS.join(', ')}`
  },
  held: (value) => (value === 'yes' || value === 'no' ? { held: value === 'yes' } : 'yes or no'),
  key: (value) => (value === 'changed' ? { hostKeyChanged: true } : 'the value changed'),
  lifecycle: (value) =>
    value === 'decommissioned' || value === 'active'
      ? { lifecycle: value === 'active' ? 'ACTIVE' : 'DECOMMISSIONED' }
      : 'active or decommissioned',
} as const satisfies Record<string, Meaning>

export type FilterKey = keyof typeof KEYS

export const FILTER_KEYS = Object.keys(KEYS) as FilterKey[]

/** The outcome of a device that was never probed. */
const NEVER_PROBED = 'NONE'

const OUTCOME_WORDS = [
  'supported',
  'missing_capabilities',
  'auth_failed',
  'host_key_changed',
  'no_netconf',
  'protocol_error',
  'ssh_failed',
  'timeout',
  'connection_refused',
  'unreachable',
  'dns_failed',
  'connection_lost',
  'skipped',
  'cancelled',
]

const PHASE_WORDS = [
  'resolve',
  'connect',
  'key_exchange',
  'authenticate',
  'subsystem',
  'hello',
  'facts',
  'close',
]

/** The values of keys that have only a few, which the filter bar offers. */
export const FILTER_VALUES: Partial<Record<FilterKey, readonly string[]>> = {
  outcome: [...OUTCOME_WORDS, 'none'],
  held: ['yes', 'no'],
  phase: PHASE_WORDS,
  key: ['changed'],
  stale: ['2h', '6h', '1d', '7d'],
  lifecycle: ['active', 'decommissioned'],
}

const TERM = /(-?)(?:([a-z-]+):)?("(?:[^"\\]|\\.)*"?|\S+)/g

export function parseFilter(text: string): ParsedFilter {
  const terms: Term[] = []
  const problems: TermProblem[] = []
  for (const [whole, minus, key, quoted = ''] of text.matchAll(TERM)) {
    const value = unquote(quoted)
    if (value === '') continue
    const term = {
      key: (key ?? 'name') as FilterKey,
      value: key ? value : `*${value}*`,
      isNegated: minus === '-',
    }
    if (!(term.key in KEYS)) {
      problems.push({
        text: whole,
        message: `There is no key "${key}". Use one of ${FILTER_KEYS.join(', ')}.`,
      })
      continue
    }
    const meaning = meaningOf(term)
    if (typeof meaning === 'string')
      problems.push({ text: whole, message: `"${term.key}" takes ${meaning}.` })
    else terms.push(term)
  }
  return { terms, problems }
}

/** Formats terms as the text that `parseFilter` parses. */
export function filterText(terms: readonly Term[]): string {
  return terms.map(termText).join(' ')
}

export function termText({ key, value, isNegated }: Term): string {
  const quoted = /[\s"]/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : value
  return `${isNegated ? '-' : ''}${key}:${quoted}`
}

/** The filter of the API that the terms mean; null if there are none. */
export function deviceFilter(terms: readonly Term[]): DeviceFilter | null {
  const groups = new Map<string, Term[]>()
  for (const term of terms) {
    // Excluded terms must all not match, so they are no alternatives.
    const group = term.isNegated ? termText(term) : term.key
    groups.set(group, [...(groups.get(group) ?? []), term])
  }
  const conditions = [...groups.values()].map(alternatives)
  if (conditions.length === 0) return null
  return conditions.reduceRight((rest, condition) => and(condition, rest))
}

function alternatives(terms: readonly Term[]): DeviceFilter {
  const filters = terms.map((term) => {
    const filter = meaningOf(term)
    if (typeof filter === 'string') throw new Error(`the term ${termText(term)} was not checked`)
    return term.isNegated ? { not: filter } : filter
  })
  return anyOf(filters)
}

/**
 * Returns a filter that means both. Fields that only one of them names stand side by side. Otherwise one goes
 * into the free `or` of the other, since an `or` with one entry means that entry.
 */
function and(one: DeviceFilter, other: DeviceFilter): DeviceFilter {
  if (!Object.keys(one).some((field) => field in other)) return { ...one, ...other }
  if (!one.or) return { ...one, or: [other] }
  if (!other.or) return { ...other, or: [one] }
  return { or: [one], not: { not: other } }
}

function meaningOf({ key, value }: Term): DeviceFilter | string {
  return KEYS[key](value)
}

/** A part of a name is typed in any case, and the API compares exactly; so the usual cases are tried. */
function inAnyCase(value: string): string[] {
  if (!value.includes('*')) return [value]
  return [...new Set([value, value.toLowerCase(), value.toUpperCase()])]
}

function anyOf(filters: readonly DeviceFilter[]): DeviceFilter {
  const [only] = filters
  return filters.length === 1 && only ? only : { or: [...filters] }
}

function texts(value: string, filter: (text: StringFilter) => DeviceFilter): DeviceFilter {
  const exact = value.split(',').filter((part) => part !== '' && !part.includes('*'))
  const patterns = value.split(',').filter((part) => part.includes('*'))
  const conditions: StringFilter[] = patterns.map(pattern)
  if (exact.length > 0) conditions.push(exact.length === 1 ? { eq: exact[0] ?? '' } : { in: exact })
  return anyOf(conditions.map((condition) => filter(condition)))
}

/** `FRA*` is a prefix; `*core*` and `*core` are matched anywhere. */
function pattern(value: string): StringFilter {
  const text = value.replaceAll('*', '')
  return value.startsWith('*') ? { contains: text } : { startsWith: text }
}

function capability(value: string): CapabilityFilter {
  const [module = '', revision] = value.split('@')
  const condition = module.includes(':') ? { uri: { startsWith: module } } : { uri: { contains: module } }
  return revision ? { module: { eq: module }, minRevision: revision } : condition
}

function durationOf(value: string): number | null {
  const [, amount, unit = ''] = /^(\d{1,4})([mhd])$/.exec(value) ?? []
  const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
  const ms = units[unit]
  return amount && ms ? Number(amount) * ms : null
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text
  return text.replace(/^"|"$/g, '').replaceAll(/\\(.)/g, '$1')
}

function upperCase(value: string): string {
  return value.trim().toUpperCase().replaceAll('-', '_')
}

function isOutcome(value: string): value is ProbeOutcome {
  return OUTCOME_WORDS.includes(value.toLowerCase())
}

function isPhase(value: string): value is ProbePhase {
  return PHASE_WORDS.includes(value.toLowerCase())
}
