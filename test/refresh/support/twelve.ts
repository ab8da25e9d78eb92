import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import type { RefreshRequest } from '../../../src/refresh/refresh-request.ts'
import type { RefreshService } from '../../../src/refresh/refresh-service.ts'
import type { RefreshRow, RefreshState } from '../../../src/store/refresh-store.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { newStore, sync } from '../../store/support/fixture.ts'
import { patientProbe } from '../../support/patient-probe.ts'
import {
  eventOf,
  HELD_MS,
  healthy,
  newService,
  outcomesOf,
  probesOf,
  refreshRequest,
  resultsOf,
  STALLING,
  scopeOf,
  startTwelve,
  type TestFleet,
} from './fixture.ts'

export type ServiceOptions = Partial<Parameters<typeof newService>[0]>

/** The functions and values that tests of refreshes share. */
const HELPERS = {
  HELD_MS,
  STALLING,
  countingProbe,
  deviceNamed,
  eventOf,
  expectOneResultEach,
  healthy,
  newService,
  outcomesOf,
  patientProbe,
  probesOf,
  refresh,
  refreshRequest,
  reopen,
  resultsOf,
  resumed,
  scopeOf,
  stateOf,
}

/** Returns the twelve devices for all tests of a file, with all helpers. Call it at the top of the file. */
export function useTwelve() {
  let started: TestFleet | undefined
  beforeAll(async () => {
    started = await startTwelve()
  })
  afterAll(() => started?.close())
  const twelve = {
    ...HELPERS,

    get fleet(): TestFleet {
      if (!started) throw new Error('The fleet is there while tests run.')
      return started
    },

    /** A store that knows the devices, and its file. */
    async store(): Promise<{ store: Store; path: string }> {
      const { store, database: path } = await newStore()
      await sync(store, twelve.fleet.records)
      return { store, path }
    },

    /** The same, with a service over it. */
    async service(options: ServiceOptions = {}) {
      const { store, path } = await twelve.store()
      return { store, path, service: newService({ store, fleet: twelve.fleet, ...options }) }
    },
  }
  return twelve
}

/** Refreshes, and tells how that ended. */
async function refresh(service: RefreshService, fields: Partial<RefreshRequest> = {}): Promise<RefreshRow> {
  const requested = await service.request(refreshRequest(fields))
  return await service.ended(requested.refresh)
}

/** Resolves once a refresh comes to this state. */
function stateOf(service: RefreshService, state: RefreshState) {
  return eventOf(service, (event) => event.kind === 'state' && event.refresh.state === state)
}

async function deviceNamed(store: Store, name: string) {
  const [device] = await store.devices.find(name)
  if (!device) throw new Error(`There is no ${name}.`)
  return device
}

/** As a new process would open the file. */
async function reopen(path: string): Promise<Store> {
  const store = await openStore({ database: path, log: silentLogger })
  onTestFinished(() => store.close())
  return store
}

/** Counts the probes that it has begun, and those that are under way. */
function countingProbe() {
  const counts = { begun: 0, underWay: 0 }
  const counting: typeof patientProbe = async (task, signal) => {
    counts.begun += 1
    counts.underWay += 1
    try {
      return await patientProbe(task, signal)
    } finally {
      counts.underWay -= 1
    }
  }
  return { counts, probe: counting }
}

/** Takes up what the store has left, with a timeout that stalling devices run into, and tells how the refresh ends. */
async function resumed(fleet: TestFleet, store: Store, id: number) {
  const service = newService({ store, fleet })
  await service.resume()
  const [row] = await store.refreshes.byIds([id])
  if (!row) throw new Error('There is no such refresh.')
  return await service.ended(row)
}

/** Every device has one result, and these are numbered without a gap. */
async function expectOneResultEach(store: Store, id: number): Promise<void> {
  const probes = await probesOf(store, id)
  expect(probes.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1))
  expect(new Set(probes.map(({ deviceId }) => deviceId)).size).toBe(12)
  expect(await outcomesOf(store, id)).toEqual({ SUPPORTED: healthy(), TIMEOUT: STALLING })
}
