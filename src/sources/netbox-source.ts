import type { Clock } from '../base/clock.ts'
import type { NetBoxSourceConfig } from '../config/schema.ts'
import type { CommonRules } from '../inventory/check-record.ts'
import { isObject } from '../inventory/parsed-values.ts'
import type { Inventory } from '../inventory/record.ts'
import { RecordIntake } from './formats/record-intake.ts'
import { nameOf } from './http/http-failure.ts'
import { type HttpSession, netboxLogin, withHttpSession } from './http/http-session.ts'
import { MAX_PAGE_BYTES, requestJson } from './http/json-answer.ts'
import { type NetBoxObject, netboxList } from './netbox-list.ts'
import { type NetBoxPlace, NetBoxPlaces } from './netbox-places.ts'
import { type InventorySource, sourceFailure } from './source.ts'

/** The devices of a NetBox with their addresses, sites and countries. */
export class NetBoxSource implements InventorySource {
  readonly name: string
  readonly #config: NetBoxSourceConfig
  readonly #rules: CommonRules
  readonly #clock: Clock
  /** NetBox's names for our fields, which messages about a record use. */
  readonly #fields: { address: string; key: string }

  constructor(config: NetBoxSourceConfig, { clock, ...rules }: CommonRules & { clock: Clock }) {
    this.name = config.name
    this.#config = config
    this.#rules = rules
    this.#clock = clock
    this.#fields = { address: config.addresses.join(' or '), key: 'id' }
  }

  fetch(signal: AbortSignal): Promise<Inventory> {
    const { token, ca, tlsServerName, timeoutMs, totalTimeoutMs } = this.#config
    const url = new URL(this.#config.url)
    const options = {
      url,
      login: netboxLogin(token),
      ca,
      tlsServerName,
      timeoutMs,
      totalTimeoutMs,
      clock: this.#clock,
    }
    return withHttpSession(options, signal, (session) => this.#read(session))
  }

  async #read(session: HttpSession): Promise<Inventory> {
    const regions = await whole(netboxList(session, this.#listUrl('regions', {})))
    const sites = await whole(netboxList(session, this.#listUrl('sites', {})))
    const places = new NetBoxPlaces(sites, regions, this.#config)
    const { status, filter } = this.#config
    // Configuration contexts are not needed, and can be most of an answer.
    const url = this.#listUrl('devices', { ...filter, status, exclude: ['config_context'] })
    await checkNetBoxFilters(session, filter, (one) => this.#listUrl('devices', one))
    const intake = new RecordIntake(nameOf(url), { ...this.#rules, fields: this.#fields })
    for await (const devices of netboxList(session, url)) {
      for (const device of devices) {
        intake.add(this.#recordOf(device, places.of(device.site)))
        if (intake.turn.isOver) await intake.turn.next()
      }
    }
    const inventory = intake.finish()
    // This is reported once here, instead of for each device.
    if (inventory.records.length === 0 && inventory.rejected.length > 0 && places.problem !== null)
      throw sourceFailure(nameOf(url), places.problem)
    return inventory
  }

  #recordOf(device: NetBoxObject, place: NetBoxPlace): object {
    const { id, name, platform } = device
    const address = this.#config.addresses.map((field) => device[field]).find(isObject)
    return {
      id,
      name,
      [this.#fields.address]: address?.address ?? null,
      platform: isObject(platform) ? platform.slug : null,
      ...place,
    }
  }

  #listUrl(list: string, filter: Readonly<Record<string, readonly string[]>>): URL {
    const base = new URL(this.#config.url)
    if (!base.pathname.endsWith('/')) base.pathname += '/'
    const url = new URL(`api/dcim/${list}/`, base)
    for (const [name, values] of Object.entries(filter)) {
      for (const value of values) url.searchParams.append(name, value)
    }
    url.searchParams.set('limit', String(this.#config.pageSize))
    // Without an explicit order, each page may have another one.
    url.searchParams.set('ordering', 'id')
    return url
  }
}

async function whole(pages: AsyncIterable<NetBoxObject[]>): Promise<NetBoxObject[]> {
  const objects: NetBoxObject[] = []
  for await (const page of pages) objects.push(...page)
  return objects
}

type Filter = Readonly<Record<string, readonly string[]>>

/** A value that no device has. */
const NO_VALUE = 'rollcall-asks-whether-this-filter-is-known'

/** Filters that select devices by what they do not have. */
const NEGATIVE = /__(?:n|nic|nie|niew|nisw)$/

/**
 * Rejects with a RollcallError (SOURCE_FAILED) if NetBox does not know one of the filters. NetBox ignores
 * unknown filters silently, so devices would be probed that the filter should exclude.
 *
 * The check asks for a value that no device has. A known filter refuses it or finds nothing. A boolean filter
 * ignores it as an unknown one does, but no device is both `true` and `false` of a known one.
 *
 * @param urlOf returns the URL of the list of devices with a filter
 */
async function checkNetBoxFilters(
  session: HttpSession,
  filter: Filter,
  urlOf: (filter: Filter) => URL,
): Promise<void> {
  const count = (name: string, value: string) =>
    countDevices(session, urlOf({ [name]: [value], exclude: ['config_context'] }))
  for (const name of Object.keys(filter)) {
    if (NEGATIVE.test(name)) continue
    const all = await count(name, NO_VALUE)
    if (all === null || all === 0) continue
    if ((await count(name, 'true')) !== all || (await count(name, 'false')) !== all) continue
    throw sourceFailure(
      nameOf(urlOf({})),
      `does not know the filter "${name}" and would give every device; correct the source's "filter".`,
    )
  }
}

/** Returns the number of devices that a URL selects; null if NetBox refuses the filter. */
async function countDevices(session: HttpSession, url: URL): Promise<number | null> {
  url.searchParams.set('limit', '1')
  const headers = { accept: 'application/json' }
  const request = { method: 'GET', url, headers, maxBytes: MAX_PAGE_BYTES, alsoRead: [400] } as const
  const { count } = await requestJson(session, request)
  return typeof count === 'number' ? count : null
}
