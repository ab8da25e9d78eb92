import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Codes with names in CLDR that ISO 3166-1 assigns to no country. CQ, EZ and the like are only reserved. */
const UNASSIGNED = /^(?:AA|AC|CP|CQ|DG|EA|EU|EZ|IC|Q[M-Z]|TA|UN|X[A-Z]|ZZ)$/

const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')

/** Names in use that neither CLDR nor `world-countries` has: names used at the UN, and former names. */
const OTHER_NAMES = [
  ['Cabo Verde', 'CV'],
  ['Holy See', 'VA'],
  ['Lao PDR', 'LA'],
  ['Turkey', 'TR'],
] as const

/** The part of an entry of `world-countries` that is used. */
interface CountryEntry {
  cca2: string
  cca3: string
  name: { common: string; official: string; native: Record<string, { common: string; official: string }> }
  altSpellings: string[]
}

let codes: ReadonlyMap<string, string> | undefined

/**
 * Returns the ISO 3166-1 alpha-2 code of a country. The name may be a common or the official one in English
 * (`Germany`, `Federal Republic of Germany`, `UK`), one of its own (`Deutschland`), or the alpha-2 or alpha-3
 * code. Case, accents, dots and commas are ignored. Returns null if no country has the name.
 */
export function countryCode(name: string): string | null {
  codes ??= buildCodes()
  return codes.get(foldName(name)) ?? null
}

/** Maps names to codes. The lists below are tried in their order, so the first one decides a shared name. */
function buildCodes(): Map<string, string> {
  const built = new Map<string, string>()
  const add = (code: string, names: Iterable<string | undefined>) => {
    for (const name of names) {
      const key = name === undefined ? '' : foldName(name)
      if (key !== '' && !built.has(key)) built.set(key, code)
    }
  }
  const assigned = [...assignedCodes()]
  for (const code of assigned) add(code, [code])
  const table = readTable().filter(({ cca2 }) => built.has(foldName(cca2)))
  for (const { cca2, cca3, name } of table) add(cca2, [cca3, name.common, name.official])
  for (const style of ['long', 'short'] as const) {
    const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none', style })
    for (const code of assigned) add(code, [names.of(code)])
  }
  for (const [name, code] of OTHER_NAMES) add(code, [name])
  for (const { cca2, altSpellings } of table) add(cca2, altSpellings)
  for (const { cca2, name } of table) {
    for (const { common, official } of Object.values(name.native)) add(cca2, [common, official])
  }
  return built
}

function* assignedCodes(): Generator<string> {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  for (const code of LETTERS.flatMap((first) => LETTERS.map((second) => first + second))) {
    // `Intl.Locale` gives for a withdrawn code, such as DD or UK, the code that replaced it as the region.
    if (UNASSIGNED.test(code) || new Intl.Locale(`und-${code}`).region !== code) continue
    if (names.of(code) !== undefined) yield code
  }
}

/**
 * Reads the table when it is first needed. It is not kept, because it takes a megabyte and little of it is
 * used.
 */
function readTable(): CountryEntry[] {
  return JSON.parse(
    readFileSync(fileURLToPath(import.meta.resolve('world-countries/countries.json')), 'utf8'),
  )
}

function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('’', "'")
    .replaceAll('&', 'and')
    .replace(/[.,()]/g, '')
    .replace(/[\s-]+/g, ' ')
    .trim()
    .toLowerCase()
    .replace(/^the /, '')
    .replace(/^st /, 'saint ')
}
