/** CLDR names these too, but ISO 3166-1 assigns them to no country; CQ, EZ and the like are only reserved. */
const UNASSIGNED = /^(?:AA|AC|CP|CQ|DG|EA|EU|EZ|IC|Q[M-Z]|TA|UN|X[A-Z]|ZZ)$/

const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')

let codes: ReadonlyMap<string, string> | undefined

/**
 * The ISO 3166-1 alpha-2 code of a country by its English name (`Germany`), a common short one (`UK`) or the code
 * itself, whatever the case and with or without accents; null where the name is no known country.
 */
export function countryCode(name: string): string | null {
  codes ??= buildCodes()
  return codes.get(foldName(name)) ?? null
}

function buildCodes(): Map<string, string> {
  const long = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  const short = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none', style: 'short' })
  const built = new Map<string, string>()
  for (const code of LETTERS.flatMap((first) => LETTERS.map((second) => first + second))) {
    // A withdrawn code such as DD or UK is canonicalized to the one that replaced it.
    if (UNASSIGNED.test(code) || new Intl.Locale(`und-${code}`).region !== code) continue
    for (const name of [long.of(code), short.of(code)]) if (name) built.set(foldName(name), code)
    if (long.of(code)) built.set(foldName(code), code)
  }
  return built
}

function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('’', "'")
    .replaceAll('&', 'and')
    .trim()
    .toLowerCase()
}
