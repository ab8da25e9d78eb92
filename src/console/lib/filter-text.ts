import type { DeviceGrouping, SiteFilter, StringFilter } from '../api/generated.ts'

/**
 * One condition of a filter as text, as it stands in the address bar: `site:FRA*`,
 * `outcome:timeout,unreachable`, `-capability:candidate`, `stale:2d`. A term without a key is part of a name.
 * Quotes hold blanks and commas together. Terms with the same key are alternatives; all others must match.
 */
export interface Term {
  key: string
  /** With a backslash before a comma, star or backslash that stands for itself; see `literal`. */
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

/** What all filters of the API have. */
interface Combinable<F> {
  or?: F[] | null | undefined
  not?: F | null | undefined
}

/** One key of a filter. */
export interface FilterKey<F> {
  key: string
  /** What the key is for, as the menu says it. Default: the menu does not list it. */
  title?: string
  /** The filter of a value, or a text that describes valid values. */
  meaning: (value: string) => F | string
  /** The values to offer: all that there are, or a property of devices whose values they are. */
  values?: readonly string[] | DeviceGrouping
}

const TERM = /(-?)(?:([a-z-]+):)?("(?:[^"\\]|\\.)*"?|\S+)/g

/** The keys that filter a list, and what they mean for the API. A term without a key has the key `name`. */
export class FilterLanguage<F extends Combinable<F>> {
  readonly keys: readonly FilterKey<F>[]
  readonly #byName: ReadonlyMap<string, FilterKey<F>>

  constructor(keys: readonly FilterKey<F>[]) {
    this.keys = keys
    this.#byName = new Map(keys.map((each) => [each.key, each]))
  }

  key(name: string | undefined): FilterKey<F> | undefined {
    return name === undefined ? undefined : this.#byName.get(name)
  }

  parse(text: string): ParsedFilter {
    const terms: Term[] = []
    const problems: TermProblem[] = []
    for (const [whole, minus, name, quoted = ''] of text.matchAll(TERM)) {
      const written = unquote(quoted)
      if (written === '') continue
      // What has no key is a part of a name, with its commas.
      const value = name
        ? written
        : `*${written.replaceAll(/(\\.)|,/g, (found, pair) => pair ?? `\\${found}`)}*`
      const term = { key: name ?? 'name', value, isNegated: minus === '-' }
      const key = this.key(term.key)
      const meaning = key?.meaning(term.value)
      if (meaning === undefined) {
        const known = this.keys.map((each) => each.key).join(', ')
        problems.push({ text: whole, message: `There is no key "${name}". Use one of ${known}.` })
      } else if (typeof meaning === 'string') {
        problems.push({ text: whole, message: `"${term.key}" takes ${meaning}.` })
      } else terms.push(term)
    }
    return { terms, problems }
  }

  /** The filter of the API that the terms mean; null if there are none. */
  filter(terms: readonly Term[]): F | null {
    const groups = new Map<string, Term[]>()
    for (const term of terms) {
      // Excluded terms must all not match, so they are no alternatives.
      const group = term.isNegated ? termText(term) : term.key
      groups.set(group, [...(groups.get(group) ?? []), term])
    }
    const conditions = [...groups.values()].map((group) => this.#alternatives(group))
    if (conditions.length === 0) return null
    return conditions.reduceRight((rest, condition) => and(condition, rest))
  }

  #alternatives(terms: readonly Term[]): F {
    const filters = terms.map((term): F => {
      const filter = this.key(term.key)?.meaning(term.value)
      if (typeof filter !== 'object') throw new Error(`the term ${termText(term)} was not checked`)
      return term.isNegated ? ({ not: filter } as F) : filter
    })
    return anyOf(filters)
  }
}

/** Formats terms as the text that a `FilterLanguage` parses. */
export function filterText(terms: readonly Term[]): string {
  return terms.map(termText).join(' ')
}

/** The address of the table of the devices that meet the terms. */
export function devicesPage(terms: readonly Term[]): string {
  return `/devices?q=${encodeURIComponent(filterText(terms))}`
}

export function termText({ key, value, isNegated }: Term): string {
  const needsQuotes = /[\s"]|^(?:[^\\]|\\\\)*\\[,*]/.test(value)
  const written = needsQuotes
    ? `"${value.replaceAll(/\\,|"/g, (found) => (found === '"' ? '\\"' : ','))}"`
    : value.replaceAll('\\\\', '\\')
  return `${isNegated ? '-' : ''}${key}:${written}`
}

/**
 * Returns a filter that means both. Fields that only one of them names stand side by side. Otherwise one goes
 * into the free `or` of the other, since an `or` with one entry means that entry.
 */
export function and<F extends Combinable<F>>(one: F, other: F): F {
  if (!Object.keys(one).some((field) => field in other)) return { ...one, ...other }
  if (!one.or) return { ...one, or: [other] }
  if (!other.or) return { ...other, or: [one] }
  return { or: [one], not: { not: other } } as F
}

function anyOf<F extends object>(filters: readonly F[]): F {
  const [only] = filters
  return filters.length === 1 && only ? only : ({ or: [...filters] } as F)
}

/** The filter of a text: values with commas between them, each exact or with `*` at its ends. */
export function texts<F extends object>(value: string, filter: (text: StringFilter) => F): F {
  const parts = value.match(/(?:\\.|[^,\\])+/gs) ?? []
  const exact = parts.filter((part) => !hasStar(part)).map(plain)
  const patterns = parts.filter(hasStar)
  const conditions: StringFilter[] = patterns.map(pattern)
  if (exact.length > 0) conditions.push(exact.length === 1 ? { eq: exact[0] ?? '' } : { in: exact })
  return anyOf(conditions.map((condition) => filter(condition)))
}

/** `FRA*` is a prefix; `*core*` and `*core` are matched anywhere. */
function pattern(value: string): StringFilter {
  const text = plain(value.replaceAll(/(\\.)|\*/g, '$1'))
  return value.startsWith('*') ? { contains: text } : { startsWith: text }
}

/**
 * The filter of a name. A part of one is typed in any case, and the API compares exactly; so the usual cases
 * are tried.
 */
export function names<F extends object>(value: string, filter: (text: StringFilter) => F): F {
  const cases = hasStar(value) ? [...new Set([value, value.toLowerCase(), value.toUpperCase()])] : [value]
  return anyOf(cases.map((text) => texts(text, filter)))
}

/** The filter of values of an enum, which are typed in lower case; null if one is none of them. */
export function oneOf<Value extends string>(value: string, known: readonly Value[]): Value[] | null {
  const given = plain(value)
    .split(',')
    .map((each) => each.trim().toUpperCase().replaceAll('-', '_'))
  const found = given.flatMap((each) => known.find((one) => one === each) ?? [])
  return found.length === given.length ? found : null
}

/** The instant that was `value` ago, `2h` or `7d`, to the minute; null if the value is no such age. */
export function before(value: string): string | null {
  const [, amount, unit = ''] = /^(\d{1,4})([mhd])$/.exec(value) ?? []
  const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
  const ms = units[unit]
  if (!amount || !ms) return null
  return new Date(Math.floor((Date.now() - Number(amount) * ms) / 60_000) * 60_000).toISOString()
}

/** The value of a term that means exactly this text. */
export function literal(text: string): string {
  return text.replaceAll(/[\\,*]/g, '\\$&')
}

/** The text of a value, or of a part of one. */
export function plain(value: string): string {
  return value.replaceAll(/\\(.)/gs, '$1')
}

function hasStar(value: string): boolean {
  return value.replaceAll(/\\./gs, '').includes('*')
}

/** The value of what stands after a key. In quotes, commas are literal, and `\` comes before `"` and `*`. */
function unquote(text: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"?$/s.exec(text)?.[1]
  if (quoted === undefined) return text.replaceAll('\\', '\\\\')
  return quoted.replaceAll(/\\(.)|,/gs, (found, escaped) =>
    escaped === undefined ? '\\,' : /[\\,*]/.test(escaped) ? found : escaped,
  )
}

/** The places of a device, by which lists of devices and of changes are filtered alike. */
export const PLACE_KEYS: readonly FilterKey<{ site?: SiteFilter }>[] = [
  {
    key: 'site',
    title: 'Site',
    values: 'SITE',
    meaning: (value) => texts(value, (name) => ({ site: { name } })),
  },
  {
    key: 'country',
    title: 'Country',
    values: 'COUNTRY',
    meaning: (value) => texts(value, (name) => ({ site: { country: { name } } })),
  },
  {
    key: 'region',
    title: 'Region',
    values: 'REGION',
    meaning: (value) => texts(value, (region) => ({ site: { country: { region } } })),
  },
]
