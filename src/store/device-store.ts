import { type Kysely, sql } from 'kysely'
import type { DeviceLifecycle } from '../inventory/record.ts'
import type { ProbeOutcome } from '../netconf/outcome/outcome.ts'
import {
  type DeviceListOptions,
  type DeviceListRow,
  deviceList,
  deviceListVersion,
  toBoolean,
} from './query/device-export.ts'
import { deviceMatches, matchingDevices } from './query/device-filter.ts'
import { type DeviceGroup, type DeviceGrouping, deviceGroups } from './query/device-groups.ts'
import { countDevices, type Summary, summariesOf, summaryOf } from './query/device-summary.ts'
import { checkFilterSize, type DeviceFilter } from './query/filters.ts'
import { fetchPage, type Page, type PageRequest } from './query/page.ts'
import { type DeviceOrder, devicesAtPlaces, isPlaceField, planDevicePage } from './query/page-plans.ts'
import type { Database } from './tables/database.ts'
import { jsonList } from './tables/json-values.ts'
import { unindexed } from './tables/per-dialect.ts'

export type { DeviceListRow } from './query/device-export.ts'
export { DEVICE_GROUPINGS, type DeviceGroup, type DeviceGrouping } from './query/device-groups.ts'
export type { Summary } from './query/device-summary.ts'

/** One device. Times are epoch milliseconds. */
export interface DeviceRow {
  id: number
  siteId: number
  name: string
  address: string
  port: number
  platform: string | null
  credential: string | null
  lifecycle: DeviceLifecycle
  source: string
  firstSeenAt: number
  lastSeenAt: number
  lastProbeId: number | null
  lastOutcome: ProbeOutcome | null
  /** When the last probe ended. */
  lastProbedAt: number | null
  lastSupportedAt: number | null
  netconfSupported: boolean | null
  /** The set of the last opened session, as is `missingCapabilities`. */
  capabilitySetId: number | null
  missingCapabilities: string[]
  /** Epoch milliseconds until which the device is not probed unless forced; null if it is not backed off. */
  backOffUntil: number | null
}

const DEVICE_COLUMNS = [
  'devices.id',
  'devices.site_id as siteId',
  'devices.name',
  'devices.address',
  'devices.port',
  'devices.platform',
  'devices.credential',
  'devices.lifecycle',
  'devices.source',
  'devices.first_seen_at as firstSeenAt',
  'devices.last_seen_at as lastSeenAt',
  'devices.last_probe_id as lastProbeId',
  'devices.last_outcome as lastOutcome',
  'devices.last_probed_at as lastProbedAt',
  'devices.last_supported_at as lastSupportedAt',
  'devices.netconf_supported as netconfSupported',
  'devices.capability_set_id as capabilitySetId',
  'devices.missing_capabilities as missingCapabilities',
  'devices.back_off_until as backOffUntil',
] as const

const PART_COLUMNS = {
  name: 'devices.name',
  address: 'devices.address',
  port: 'devices.port',
  platform: 'devices.platform',
  lifecycle: 'devices.lifecycle',
  lastProbeId: 'devices.last_probe_id as lastProbeId',
  lastProbedAt: 'devices.last_probed_at as lastProbedAt',
  lastSupportedAt: 'devices.last_supported_at as lastSupportedAt',
  netconfSupported: 'devices.netconf_supported as netconfSupported',
  capabilitySetId: 'devices.capability_set_id as capabilitySetId',
  missingCapabilities: 'devices.missing_capabilities as missingCapabilities',
} as const

/** A column that is read on request only. */
export type DeviceColumn = keyof typeof PART_COLUMNS

/** A device with only some of its columns. */
export type DevicePart = Pick<DeviceRow, 'id' | 'siteId'> & Partial<Pick<DeviceRow, DeviceColumn>>

interface DevicePageOptions {
  filter?: DeviceFilter | null | undefined
  /** Default: NAME, ascending. */
  orderBy?: DeviceOrder | null | undefined
  page: PageRequest
}

/** Devices with the results of their last probes. */
export class DeviceStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Returns rows in any order; an id that does not exist, or that the filter excludes, has none. */
  async byIds(ids: readonly number[], filter?: DeviceFilter): Promise<DeviceRow[]> {
    if (filter) checkFilterSize(filter)
    const devices = this.#db
      .selectFrom('devices')
      .select(DEVICE_COLUMNS)
      .where('devices.id', 'in', jsonList(ids))
    const rows = await (filter ? devices.where(deviceMatches(filter)) : devices).execute()
    return rows.map(toDevice)
  }

  /** Returns the devices of all these sites together, by name. */
  async ofSites(siteIds: readonly number[], filter?: DeviceFilter): Promise<DeviceRow[]> {
    const rows = await this.#atSites(siteIds, filter).select(DEVICE_COLUMNS).execute()
    return rows.map(toDevice)
  }

  /**
   * Returns the same with these columns only: most of the time of a hierarchy goes into converting columns to
   * text.
   */
  async partsOfSites(
    siteIds: readonly number[],
    columns: readonly DeviceColumn[],
    filter?: DeviceFilter,
  ): Promise<DevicePart[]> {
    const rows = await this.#atSites(siteIds, filter).select(selectionOf(columns)).execute()
    return rows.map(toPart)
  }

  #atSites(siteIds: readonly number[], filter: DeviceFilter = {}) {
    checkFilterSize(filter)
    return (
      this.#db
        .selectFrom('devices')
        .where('devices.site_id', 'in', jsonList(siteIds))
        .where(deviceMatches(filter))
        // Without the plus, SQLite might scan all devices in the order of an index.
        .orderBy(unindexed(sql.ref('devices.name')))
    )
  }

  /**
   * Returns at most two devices, which shows that a name is ambiguous; decommissioned ones only if no active
   * one matches.
   */
  async find(name: string, site?: string, country?: string): Promise<DeviceRow[]> {
    let devices = this.#db
      .selectFrom('devices')
      .innerJoin('sites', 'sites.id', 'devices.site_id')
      .innerJoin('countries', 'countries.id', 'sites.country_id')
      .select(DEVICE_COLUMNS)
      .where('devices.name', '=', name)
    if (site !== undefined) devices = devices.where('sites.name', '=', site)
    if (country !== undefined) devices = devices.where('countries.name', '=', country)
    const rows = await devices.orderBy('devices.lifecycle').orderBy('devices.id').limit(2).execute()
    return rows.filter(({ lifecycle }) => lifecycle === rows[0]?.lifecycle).map(toDevice)
  }

  /** @throws RollcallError BAD_USER_INPUT for an invalid request, cursor or filter */
  async page(options: DevicePageOptions): Promise<Page<DeviceRow>> {
    return await this.#page(options, DEVICE_COLUMNS, toDevice)
  }

  /** Returns the same with these columns only, as `partsOfSites` does. */
  async pageOfParts(options: DevicePageOptions, columns: readonly DeviceColumn[]): Promise<Page<DevicePart>> {
    return await this.#page(options, selectionOf(columns), toPart)
  }

  async #page<T>(
    { filter, orderBy, page }: DevicePageOptions,
    selection: readonly Selected[],
    toItem: (row: SelectedDevice) => T,
  ): Promise<Page<T>> {
    checkFilterSize(filter ?? {})
    const { field, direction } = orderBy ?? { field: 'NAME', direction: 'ASC' }
    const plan = await planDevicePage(this.#db, filter ?? {}, { field, direction })
    const { order, condition } = plan
    if (isPlaceField(field)) {
      const placed = devicesAtPlaces(this.#db, plan).select(selection)
      return await fetchPage(placed, order, page, toItem, condition)
    }
    const devices = this.#db.selectFrom('devices').select(selection)
    return await fetchPage(devices, order, page, toItem, condition)
  }

  async count(filter: DeviceFilter = {}): Promise<number> {
    checkFilterSize(filter)
    return await countDevices(this.#db, filter)
  }

  /** Returns one summary for each id, even if it has no devices or does not exist. */
  async summaries(groupBy: 'country' | 'site', ids: readonly number[]): Promise<Map<number, Summary>> {
    return await summariesOf(this.#db, groupBy, ids)
  }

  /** Summarizes the active devices that the filter matches. */
  async summary(filter: DeviceFilter = {}): Promise<Summary> {
    checkFilterSize(filter)
    return await summaryOf(this.#db, filter)
  }

  /** Returns the largest groups of the active devices that match, the largest first. */
  async groups(options: {
    by: DeviceGrouping
    filter?: DeviceFilter
    first: number
  }): Promise<DeviceGroup[]> {
    const { filter = {} } = options
    checkFilterSize(filter)
    return await deviceGroups(this.#db, { ...options, filter })
  }

  /** Returns the ids of all devices that match, in ascending order. */
  async matchingIds(filter: DeviceFilter): Promise<number[]> {
    checkFilterSize(filter)
    const rows = await this.#db
      .selectFrom('devices')
      .select('devices.id')
      .where(matchingDevices(filter))
      .orderBy('devices.id')
      .execute()
    return rows.map(({ id }) => id)
  }

  /**
   * Yields active devices by country, site and name, at most a thousand at a time, each batch read on demand.
   * A device that changes meanwhile appears in its old or its new state; one that moves may be missing or
   * appear twice.
   */
  list(options: DeviceListOptions): AsyncGenerator<DeviceListRow[]> {
    return deviceList(this.#db, options)
  }

  /**
   * Returns a text that differs whenever the list may differ. It takes two statements, whatever the number of
   * devices.
   */
  async listVersion(): Promise<string> {
    return await deviceListVersion(this.#db)
  }
}

type Selected = (typeof DEVICE_COLUMNS)[number]

function selectionOf(columns: readonly DeviceColumn[]): Selected[] {
  return ['devices.id', 'devices.site_id as siteId', ...columns.map((column) => PART_COLUMNS[column])]
}

type SelectedDevice = Omit<DeviceRow, 'netconfSupported' | 'missingCapabilities'> & {
  netconfSupported: number | null
  missingCapabilities: string
}

function toDevice(row: SelectedDevice): DeviceRow {
  return {
    id: row.id,
    siteId: row.siteId,
    name: row.name,
    address: row.address,
    port: row.port,
    platform: row.platform,
    credential: row.credential,
    lifecycle: row.lifecycle,
    source: row.source,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    lastProbeId: row.lastProbeId,
    lastOutcome: row.lastOutcome,
    lastProbedAt: row.lastProbedAt,
    lastSupportedAt: row.lastSupportedAt,
    netconfSupported: toBoolean(row.netconfSupported),
    capabilitySetId: row.capabilitySetId,
    missingCapabilities: toList(row.missingCapabilities),
    backOffUntil: row.backOffUntil,
  }
}

/** A part of a device whose columns are converted, or not yet. */
type StoredPart = Omit<DevicePart, 'netconfSupported' | 'missingCapabilities'> & {
  netconfSupported?: number | boolean | null
  missingCapabilities?: string | string[]
}

/** Converts a row in place, because copying thousands of rows takes as long as reading them. */
function toPart(row: StoredPart): DevicePart {
  const { netconfSupported, missingCapabilities } = row
  if (typeof netconfSupported === 'number') row.netconfSupported = toBoolean(netconfSupported)
  if (typeof missingCapabilities === 'string') row.missingCapabilities = toList(missingCapabilities)
  return row as DevicePart
}

function toList(json: string): string[] {
  // A shortcut, because most devices lack no capability, and a hierarchy has thousands of devices.
  return json === '[]' ? [] : JSON.parse(json)
}
