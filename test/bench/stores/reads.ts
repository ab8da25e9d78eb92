import { isDeepStrictEqual } from 'node:util'
import type { DeviceFilter } from '../../../src/store/query/filters.ts'
import type { Page, PageRequest } from '../../../src/store/query/page.ts'
import type { DeviceOrder } from '../../../src/store/query/page-plans.ts'
import type { Store } from '../../../src/store/store.ts'
import { median, percentile } from '../support/statistics.ts'

/** What the API reads, by a name for the table. Each resolves with what both stores must agree on. */
type Reads = ReadonlyMap<string, (store: Store) => Promise<unknown>>

/** How long one read takes in one store, in milliseconds. */
export interface Latency {
  median: number
  p95: number
}

export interface ComparedRead {
  name: string
  sqlite: Latency
  postgres: Latency
  /** How many times the median of SQLite that of PostgreSQL is. */
  ratio: number
}

const PAGE_SIZE = 50
/** A read that takes long is repeated until it took this long in all, though no less than `MIN_RUNS` times. */
const MAX_TOTAL_MS = 4_000
const MIN_RUNS = 5

/** The name and address of a device in the middle of the list. */
export interface MiddleDevice {
  name: string
  address: string
}

/** Runs each read in both stores, in turns, up to `runs` times. */
export async function compareReads(
  stores: { sqlite: Store; postgres: Store },
  { middle, runs, tell }: { middle: MiddleDevice; runs: number; tell: (text: string) => void },
): Promise<ComparedRead[]> {
  const compared: ComparedRead[] = []
  for (const [name, read] of readsAround(middle)) {
    // The first two compile and fill caches.
    const answers = [await read(stores.sqlite), await read(stores.postgres)]
    if (!isDeepStrictEqual(answers[0], answers[1])) throw new Error(`The stores differ: ${name}.`)
    const sqlite: number[] = []
    const postgres: number[] = []
    const until = performance.now() + MAX_TOTAL_MS
    for (let run = 0; run < runs && (run < MIN_RUNS || performance.now() < until); run += 1) {
      sqlite.push(await timed(() => read(stores.sqlite)))
      postgres.push(await timed(() => read(stores.postgres)))
    }
    const row = { name, sqlite: latencyOf(sqlite), postgres: latencyOf(postgres) }
    compared.push({ ...row, ratio: row.postgres.median / row.sqlite.median })
    tell(`${name}: ${row.sqlite.median.toFixed(1)} ms and ${row.postgres.median.toFixed(1)} ms`)
  }
  return compared
}

function latencyOf(runs: readonly number[]): Latency {
  return { median: median(runs), p95: percentile(runs, 0.95) }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

function readsAround({ name, address }: MiddleDevice): Reads {
  return new Map([
    ...(['NAME', 'ADDRESS', 'SITE', 'COUNTRY', 'LAST_PROBED_AT', 'LAST_SEEN_AT'] as const).flatMap((field) =>
      pagesBy({ field, direction: 'ASC' }, name),
    ),
    ...Object.entries(filters(name, address)).flatMap(([text, filter]) => readsOf(text, filter)),
    ...['REGION', 'COUNTRY', 'PLATFORM', 'VENDOR', 'OUTCOME'].map(
      (by): Read => [`groups by ${by}`, (store) => store.devices.groups({ by: by as 'REGION', first: 100 })],
    ),
    ['summary of all', (store) => store.devices.summary()],
    ['summaries of 20 countries', (store) => store.devices.summaries('country', upTo(20))],
    ['summaries of 50 sites', (store) => store.devices.summaries('site', upTo(50))],
    [
      'sites by number of devices, page',
      async (store) =>
        itemsOf(
          await store.inventory.pageOfSites({
            orderBy: { field: 'DEVICES', direction: 'DESC' },
            page: { first: PAGE_SIZE },
          }),
        ),
    ],
    ['sites contain "99", count', (store) => store.inventory.countSites({ name: { contains: '99' } })],
    ['list, 5,000 devices', (store) => listed(store, 5_000)],
    ['devices of 10 sites', (store) => store.devices.ofSites(upTo(10))],
  ])
}

type Read = [string, (store: Store) => Promise<unknown>]

/** The first page, one from the middle and the last one. */
function pagesBy(orderBy: DeviceOrder, middle: string): Read[] {
  const cursors = new WeakMap<Store, string>()
  const page = async (store: Store, page: PageRequest) => itemsOf(await store.devices.page({ orderBy, page }))
  return [
    [`by ${orderBy.field}, first page`, (store) => page(store, { first: PAGE_SIZE })],
    [
      `by ${orderBy.field}, page in the middle`,
      async (store) => {
        const after = cursors.get(store) ?? (await cursorOf(store, orderBy, middle))
        cursors.set(store, after)
        return await page(store, { first: PAGE_SIZE, after })
      },
    ],
    [`by ${orderBy.field}, last page`, (store) => page(store, { last: PAGE_SIZE })],
  ]
}

async function cursorOf(store: Store, orderBy: DeviceOrder, name: string): Promise<string> {
  const filter = { name: { eq: name } }
  const { cursors } = await store.devices.page({ filter, orderBy, page: { first: 1 } })
  if (cursors[0] === undefined) throw new Error(`There is no device ${name}.`)
  return cursors[0]
}

function filters(name: string, address: string): Record<string, DeviceFilter> {
  return {
    'name equals': { name: { eq: name } },
    'name starts with (100)': { name: { startsWith: name.slice(0, -2) } },
    'name contains, few': { name: { contains: name.slice(-5) } },
    'name contains, many': { name: { contains: '99' } },
    'name contains, all': { name: { contains: 'router' } },
    'address contains, few': { address: { contains: address.slice(3) } },
    'address contains, many': { address: { contains: '.17.' } },
    'outcome TIMEOUT': { outcome: ['TIMEOUT'] },
    'outcome SUPPORTED': { outcome: ['SUPPORTED'] },
    'not supported, in a country': {
      netconfSupported: false,
      site: { country: { name: { eq: 'Country 007' } } },
    },
    region: { site: { country: { region: { eq: 'EMEA' } } } },
    country: { site: { country: { name: { eq: 'Country 007' } } } },
    site: { site: { name: { eq: 'SITE-000007' } } },
    platform: { platform: { eq: 'junos' } },
    'vendor and version': { vendor: { eq: 'Cisco' }, osVersion: { startsWith: '17.' } },
    'never probed': { probedBefore: 0 },
    'has a capability, a third': { hasCapability: { module: { eq: 'junos-native' } } },
    'has a capability, few': { hasCapability: { uri: { contains: 'urn:rare' } } },
    'lacks a capability, most': { lacksCapability: { module: { eq: 'junos-native' } } },
    'lacks a capability, none': { lacksCapability: { uri: { startsWith: 'urn:ietf' } } },
    'region, platform and outcome': {
      site: { country: { region: { eq: 'APAC' } } },
      platform: { eq: 'iosxe' },
      outcome: ['TIMEOUT'],
    },
    'either of two': { or: [{ name: { eq: name } }, { outcome: ['TIMEOUT'] }] },
    'not in a region': { not: { site: { country: { region: { eq: 'AMER' } } } } },
  }
}

function readsOf(text: string, filter: DeviceFilter): Read[] {
  const page = { first: PAGE_SIZE }
  return [
    [`${text}: page`, async (store) => itemsOf(await store.devices.page({ filter, page }))],
    [
      `${text}: page by last probe`,
      async (store) => {
        const orderBy = { field: 'LAST_PROBED_AT', direction: 'DESC' } as const
        return itemsOf(await store.devices.page({ filter, orderBy, page }))
      },
    ],
    [`${text}: count`, (store) => store.devices.count(filter)],
    [`${text}: summary`, (store) => store.devices.summary(filter)],
  ]
}

/** The first devices of an export. */
async function listed(store: Store, count: number): Promise<unknown[]> {
  const rows = []
  for await (const batch of store.devices.list({ supportedOnly: false })) {
    rows.push(...batch)
    if (rows.length >= count) break
  }
  return rows
}

/** The databases write the same cursors differently. */
function itemsOf<T>({ items, hasNextPage, hasPreviousPage }: Page<T>) {
  return { items, hasNextPage, hasPreviousPage }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
