import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { type Logger, silentLogger } from '../../../src/base/log.ts'
import type { Config } from '../../../src/config/schema.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import type { ProbeCredential } from '../../../src/netconf/report/probe-report.ts'
import type { RefreshEvent } from '../../../src/refresh/events.ts'
import type { RefreshRequest } from '../../../src/refresh/refresh-request.ts'
import { RefreshService } from '../../../src/refresh/refresh-service.ts'
import { EVERYTHING } from '../../../src/refresh/scope.ts'
import { startFleet } from '../../../src/simulator/fleet.ts'
import type { InventorySource } from '../../../src/sources/source.ts'
import type { ProbeRow } from '../../../src/store/probe-store.ts'
import type { RefreshScope } from '../../../src/store/refresh-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { probePage } from '../../store/support/fixture.ts'
import { defaultConfig } from '../../support/default-config.ts'
import { patientProbe, registerStalling } from '../../support/patient-probe.ts'

type Probe = ConstructorParameters<typeof RefreshService>[0]['probe']

export interface TestFleet {
  records: InventoryRecord[]
  credential: ProbeCredential
  close(): Promise<void>
}

/** The devices that stall in the middle of their hello. */
export const STALLING = ['d12', 'd6']
/** The timeout that stalling devices run into; the other devices have as long as they need. */
const SHORT_MS = 400
/** A timeout that no test waits for: what a stalling device holds up stays so until the test ends it. */
export const HELD_MS = 60_000

/** Twelve devices: d1 to d4 in Paris, d5 to d8 in Lyon, France; d9 to d12 in Rome, Italy. */
export async function startTwelve(): Promise<TestFleet> {
  const fleet = await startFleet({ devices: 12, faulty: 2 })
  const sites = ['Paris', 'Lyon', 'Rome'] as const
  const records = fleet.inventory.map((record, index) => {
    const site = sites[Math.floor(index / 4)] ?? 'Rome'
    const country = site === 'Rome' ? 'Italy' : 'France'
    return { ...record, name: `d${index + 1}`, site, country, region: null }
  })
  for (const record of records) if (STALLING.includes(record.name)) registerStalling(record, fleet.credential)
  return { records, credential: fleet.credential, close: () => fleet.close() }
}

/** A minute and more is what no test waits for, such as the deadline of a refresh; all else is cut short. */
const HURRIED: Clock = {
  now: systemClock.now,
  elapsed: systemClock.elapsed,
  after: (delayMs, callback) =>
    systemClock.after(delayMs < 60_000 ? Math.min(delayMs, 50) : delayMs, callback),
}

/** A service over the store that probes the fleet for real; it is closed, without much grace, with the test. */
export function newService(options: {
  store: Store
  fleet: TestFleet
  timeoutMs?: number
  /** Without a cool-down where nothing is said of it. */
  throttle?: Partial<Config['throttle']>
  credentials?: Config['credentials']
  /** The interval of the schedule. */
  everyMs?: number
  probing?: Partial<Config['probe']>
  sources?: InventorySource[]
  probe?: Probe
  clock?: Clock
  log?: Logger
}): RefreshService {
  const { store, fleet, timeoutMs = SHORT_MS, probe = patientProbe, clock = HURRIED } = options
  const service = new RefreshService({
    config: defaultConfig({
      credentials: options.credentials ?? [{ name: 'default', match: null, ...fleet.credential }],
      probe: { timeoutMs, ...options.probing },
      throttle: { coolDownMs: 0, ...options.throttle },
      schedule: { everyMs: options.everyMs ?? 7_200_000 },
    }),
    store,
    sources: options.sources ?? [],
    probe,
    clock,
    log: options.log ?? silentLogger,
  })
  onTestFinished(() => service.close())
  return service
}

export function refreshRequest(fields: Partial<RefreshRequest> = {}): RefreshRequest {
  return {
    trigger: 'MUTATION',
    requestedBy: 'tester',
    scope: EVERYTHING,
    sync: false,
    force: false,
    ...fields,
  }
}

/** Resolves with the first event from now on that is the one. */
export function eventOf(
  { events }: RefreshService,
  isTheOne: (event: RefreshEvent) => boolean,
): Promise<RefreshEvent> {
  return new Promise((resolve) => {
    const stop = events.listen((event) => {
      if (!isTheOne(event)) return
      stop()
      resolve(event)
    })
  })
}

/** Resolves once so many results are committed; to be called before they are. */
export async function resultsOf(service: RefreshService, count: number): Promise<void> {
  await eventOf(service, (event) => event.kind === 'results' && event.lastSeq >= count)
}

export async function probesOf(store: Store, refreshId: number): Promise<ProbeRow[]> {
  const { items } = await probePage(store, { refreshId, page: { first: 1_000 } })
  return items
}

/** Names of devices by the outcome that they have in the refresh, each list sorted. */
export async function outcomesOf(store: Store, refreshId: number): Promise<Record<string, string[]>> {
  const names = await deviceNames(store)
  const outcomes: Record<string, string[]> = {}
  for (const { deviceId, outcome } of await probesOf(store, refreshId)) {
    outcomes[outcome] = [...(outcomes[outcome] ?? []), names.get(deviceId) ?? '?'].sort()
  }
  return outcomes
}

/** The scope of the countries, sites and devices of these names. */
export async function scopeOf(
  store: Store,
  names: { countries?: string[]; sites?: string[]; devices?: string[] },
): Promise<RefreshScope> {
  const { countries = [], sites = [], devices = [] } = names
  const found = {
    countryIds: await store.inventory.countries({ name: { in: countries } }),
    siteIds: (await Promise.all(sites.map((name) => store.inventory.sitesByName(name)))).flat(),
    deviceIds: (await Promise.all(devices.map((name) => store.devices.find(name)))).flat(),
  }
  return {
    countryIds: found.countryIds.map(({ id }) => id),
    siteIds: found.siteIds.map(({ id }) => id),
    deviceIds: found.deviceIds.map(({ id }) => id),
  }
}

async function deviceNames(store: Store): Promise<Map<number, string>> {
  const { items } = await store.devices.page({ page: { first: 1_000 } })
  return new Map(items.map(({ id, name }) => [id, name]))
}

/** The names of devices `d1` to `dN`, sorted as text, without the stalling devices. */
export function healthy(from = 1, to = 12): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `d${from + index}`)
    .filter((name) => !STALLING.includes(name))
    .sort()
}
