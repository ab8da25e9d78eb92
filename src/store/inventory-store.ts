import { type Kysely, sql } from 'kysely'
import type { InventoryDiff, KnownDevice } from '../inventory/diff.ts'
import { plainText } from '../inventory/plain-text.ts'
import { type ApplyOptions, type ApplyResult, applyDiff } from './inventory/inventory-apply.ts'
import {
  haveDevicesChanged,
  knownByIds,
  knownDevices,
  lastChange,
  type RelatedTo,
  relatedDevices,
} from './inventory/inventory-known.ts'
import {
  type AppliedSync,
  applySync,
  type InventorySnapshot,
  type PlannedSync,
} from './inventory/inventory-sync.ts'
import { type CountryFilter, checkFilterSize, type SiteFilter } from './query/filters.ts'
import { fetchPage, type Page, type PageRequest } from './query/page.ts'
import { planSitePage, type SiteOrder } from './query/page-plans.ts'
import { matchingCountries, matchingSites, siteMatches } from './query/site-filter.ts'
import type { Database } from './tables/database.ts'
import { jsonList } from './tables/json-values.ts'
import { perDialect, unindexed } from './tables/per-dialect.ts'

export type { SiteOrder } from './query/page-plans.ts'

export interface CountryRow {
  id: number
  name: string
  region: string | null
}

export interface SiteRow {
  id: number
  countryId: number
  name: string
}

const COUNTRY_COLUMNS = ['countries.id', 'countries.name', 'countries.region'] as const
const SITE_COLUMNS = ['sites.id', 'sites.country_id as countryId', 'sites.name'] as const

/** Countries, sites, and the devices as their sources describe them. */
export class InventoryStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Returns countries by name. */
  async countries(filter: CountryFilter = {}): Promise<CountryRow[]> {
    checkFilterSize(filter)
    return await this.#db
      .selectFrom('countries')
      .select(COUNTRY_COLUMNS)
      .where(matchingCountries(filter))
      .orderBy(unindexed(sql.ref('countries.name')))
      .execute()
  }

  /** Returns rows in any order; an id that does not exist has none. */
  async countriesByIds(ids: readonly number[]): Promise<CountryRow[]> {
    return await this.#db
      .selectFrom('countries')
      .select(COUNTRY_COLUMNS)
      .where('countries.id', 'in', jsonList(ids))
      .execute()
  }

  async countryByName(name: string): Promise<CountryRow | null> {
    const row = await this.#db
      .selectFrom('countries')
      .select(COUNTRY_COLUMNS)
      .where('countries.name', 'in', spellingsOf(name))
      .executeTakeFirst()
    return row ?? null
  }

  /** Returns rows in any order; an id that does not exist has none. */
  async sitesByIds(ids: readonly number[]): Promise<SiteRow[]> {
    return await this.#db
      .selectFrom('sites')
      .select(SITE_COLUMNS)
      .where('sites.id', 'in', jsonList(ids))
      .execute()
  }

  /** Returns the sites of all these countries together, by name. */
  async sitesOfCountries(countryIds: readonly number[], filter: SiteFilter = {}): Promise<SiteRow[]> {
    checkFilterSize(filter)
    return await this.#db
      .selectFrom('sites')
      .select(SITE_COLUMNS)
      .where('sites.country_id', 'in', jsonList(countryIds))
      .where(siteMatches(filter))
      // Without the plus, SQLite might scan all sites in the order of an index.
      .orderBy(unindexed(sql.ref('sites.name')))
      .execute()
  }

  /** Returns the sites of this name, which is unique only within a country. */
  async sitesByName(name: string, country?: string): Promise<SiteRow[]> {
    let sites = this.#db
      .selectFrom('sites')
      .innerJoin('countries', 'countries.id', 'sites.country_id')
      .select(SITE_COLUMNS)
      .where('sites.name', 'in', spellingsOf(name))
    if (country !== undefined) sites = sites.where('countries.name', 'in', spellingsOf(country))
    return await sites.orderBy('countries.name').execute()
  }

  /** @throws RollcallError BAD_USER_INPUT for an invalid request, cursor or filter */
  async pageOfSites(options: {
    filter?: SiteFilter | null | undefined
    /** Default: NAME, ascending. */
    orderBy?: SiteOrder | null | undefined
    page: PageRequest
  }): Promise<Page<SiteRow>> {
    const filter = options.filter ?? {}
    checkFilterSize(filter)
    const orderBy = options.orderBy ?? { field: 'NAME', direction: 'ASC' }
    const { sites, order, condition } = await planSitePage(this.#db, filter, orderBy)
    const toSite = ({ id, countryId, name }: SiteRow) => ({ id, countryId, name })
    return await fetchPage(sites.select(SITE_COLUMNS), order, options.page, toSite, condition)
  }

  async countSites(filter: SiteFilter = {}): Promise<number> {
    checkFilterSize(filter)
    const { count } = await this.#db
      .selectFrom('sites')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where(matchingSites(filter))
      .executeTakeFirstOrThrow()
    return count
  }

  /**
   * Returns the devices of a source, or of all, as their records would describe them; including
   * decommissioned ones.
   */
  async known(source?: string): Promise<KnownDevice[]> {
    return await knownDevices(this.#db, source)
  }

  /** Returns the device of this id as its record would describe it; null if there is none. */
  async knownById(id: number): Promise<KnownDevice | null> {
    return (await this.knownByIds([id]))[0] ?? null
  }

  /** Does the same for these ids. Returns the devices in any order; an id that does not exist has none. */
  async knownByIds(ids: readonly number[]): Promise<KnownDevice[]> {
    return await knownByIds(this.#db, ids)
  }

  /** Returns the device with this identity, and the active ones with this address and port. */
  async related(to: RelatedTo): Promise<KnownDevice[]> {
    return await relatedDevices(this.#db, to)
  }

  /** Applies a diff, all or nothing; see `applyDiff`. */
  async apply(diff: InventoryDiff, options: ApplyOptions): Promise<ApplyResult> {
    return await this.#db.transaction().execute((transaction) => applyDiff(transaction, diff, options))
  }

  /** Returns the known devices to plan a sync from; `sync` then says whether they are still current. */
  async snapshot(): Promise<InventorySnapshot> {
    const lastChangeId = await lastChange(this.#db)
    return { devices: await knownDevices(this.#db), lastChangeId }
  }

  /**
   * Applies a sync and records its plan, all or nothing. Returns null, without a change, if the known devices
   * have changed since the snapshot that it was planned from.
   *
   * @param signal if it aborts before the commit, nothing is changed and its reason is thrown
   * @throws RollcallError CONFLICT if the plan that it decides no longer awaits approval
   */
  async sync(
    planned: PlannedSync,
    { lastChangeId }: Pick<InventorySnapshot, 'lastChangeId'>,
    signal: AbortSignal,
  ): Promise<AppliedSync | null> {
    const applied = await this.#db.transaction().execute(async (transaction) => {
      if (await haveDevicesChanged(transaction, lastChangeId)) return null
      return applySync(transaction, planned, signal)
    })
    if (applied && applied.changedDeviceIds.length >= MANY_CHANGES) await updateStatistics(this.#db)
    return applied
  }
}

/** So many changed devices may change which plans of PostgreSQL are good. */
const MANY_CHANGES = 10_000

/**
 * The refresh that follows needs them, and the server takes them by itself only within minutes. SQLite has
 * none.
 */
async function updateStatistics(db: Kysely<Database>): Promise<void> {
  const update = perDialect({
    sqlite: () => sql`select 1`,
    postgres: () => sql`analyze countries, sites, devices`,
  })
  // The sync is committed, and works without them as well.
  await sql`${update}`.execute(db).catch(() => undefined)
}

/** Returns a name as it was given and normalised: older databases may have names that are not normalised. */
function spellingsOf(name: string): string[] {
  return [name, plainText(name)]
}
