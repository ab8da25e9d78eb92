import { type Expression, type SqlBool, sql } from 'kysely'
import { perDialect } from '../tables/per-dialect.ts'
import type { CredentialCondition, DeviceMatch, HoldConditions } from './filters.ts'

/** Returns a condition for the devices that something keeps from being probed. */
export function isHeld(holds: HoldConditions, keyChanged: Expression<SqlBool>): Expression<SqlBool> {
  const left = sql`devices.back_off_until - ${holds.at}`
  const conditions: Expression<SqlBool>[] = [
    sql`devices.lifecycle <> 'ACTIVE'`,
    sql`not ${hasUsableCredential(holds.credentials)}`,
    sql`coalesce(${left} > 0 and ${left} <= ${holds.intervalMs}, false)`,
  ]
  if (holds.checksHostKeys) conditions.push(keyChanged)
  return sql`(${sql.join(conditions, sql` or `)})`
}

/** The credential that the inventory names, otherwise the first that matches; see `CredentialChoice`. */
function hasUsableCredential(credentials: readonly CredentialCondition[]): Expression<SqlBool> {
  const named = credentials.map(
    ({ name, isUsable }) => sql`when devices.credential = ${name} then ${sql.lit(isUsable)}`,
  )
  const matched = credentials.map(({ match, isUsable }) => sql`when ${fits(match)} then ${sql.lit(isUsable)}`)
  const choose = (cases: readonly Expression<unknown>[]) =>
    cases.length === 0 ? sql`false` : sql`case ${sql.join(cases, sql` `)} else false end`
  return sql`(case when devices.credential is null then ${choose(matched)} else ${choose(named)} end)`
}

const SITE = sql`(select sites.name from sites where sites.id = devices.site_id)`
const COUNTRY = sql`(
  select countries.name from sites join countries on countries.id = sites.country_id
  where sites.id = devices.site_id
)`

function fits(match: DeviceMatch | null): Expression<SqlBool> {
  const conditions = [
    ...globOn(sql.ref('devices.platform'), match?.platform),
    ...globOn(COUNTRY, match?.country),
    ...globOn(SITE, match?.site),
    ...globOn(sql.ref('devices.name'), match?.name),
  ]
  return conditions.length === 0 ? sql`true` : sql`(${sql.join(conditions, sql` and `)})`
}

/** Means the same as `compileGlob`. Only `*` alone fits a value that is null. */
function globOn(value: Expression<unknown>, glob: string | undefined): Expression<SqlBool>[] {
  if (glob === undefined || /^\*+$/.test(glob)) return []
  return [
    perDialect<SqlBool>({
      sqlite: () => sql`${value} glob ${Array.from(glob, globPart).join('')}`,
      postgres: () => sql`${value} ~ ${`^${Array.from(glob, patternPart).join('')}$`}`,
    }),
  ]
}

function globPart(character: string): string {
  if (character === '*' || character === '?') return character
  if (character === '[') return '[[]'
  const both = cases(character)
  return both.length > 1 ? `[${both.join('')}]` : character
}

function patternPart(character: string): string {
  if (character === '*') return '.*'
  if (character === '?') return '.'
  const both = cases(character)
  if (both.length > 1) return `[${both.join('')}]`
  return /[\w\u0080-\u{10ffff}]/u.test(character) ? character : `\\${character}`
}

/** The character in lower and in upper case, each only if it is one character. */
function cases(character: string): string[] {
  const all = [character, character.toLowerCase(), character.toUpperCase()]
  return [...new Set(all.filter((one) => Array.from(one).length === 1))]
}
