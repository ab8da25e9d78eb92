import { systemClock } from '../../../src/base/clock.ts'
import { encodeGlobalId } from '../../../src/base/global-id.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import { unknownPeer } from '../../../src/netconf/report/probe-report.ts'
import type { Store } from '../../../src/store/store.ts'
import { FIRST_TRY, idsByName, record, report } from '../../store/support/fixture.ts'
import { applyPlannedSync, NO_CHANGES, plannedSync } from '../../store/support/planned-sync.ts'
import { type RunningApi, STARTED_AT, startApi } from '../../support/api-server.ts'

/** How many there are of each type whose objects have an id, at least. */
export const MOST_PARENTS = 30

/** As good as none: what one field costs is asked for in more ways at once than a client would. */
export const WIDE_LIMITS = { cost: 100_000_000, aliases: 1_000, tokens: 100_000 }

const ALGORITHMS = {
  kex: 'curve25519-sha256',
  cipher: 'aes256-gcm@openssh.com',
  mac: null,
  hostKey: 'ssh-ed25519',
  legacy: false,
}

/** An API over so much of everything that every field leads somewhere. */
export async function startApiWithEverything(): Promise<RunningApi> {
  const api = await startApi(records(), {
    credentials: [{ name: 'default', username: 'netops', password: 'secret', match: null }],
    limits: WIDE_LIMITS,
    // The devices are counted again only after some seconds, which a slow machine may take.
    clock: { ...systemClock, now: () => STARTED_AT },
  })
  await addHistory(api.store)
  return api
}

/** Adds refreshes and plans to a store that has the devices of `records`. */
export async function addHistory(store: Store): Promise<void> {
  const deviceIds = Object.values(await idsByName(store))
  for (let index = 0; index < MOST_PARENTS; index += 1) {
    await addRefresh(store, { index, deviceIds })
    await addPlan(store, { index, deviceIds })
  }
}

/** Thirty countries, each with a site of its own and two devices. */
export function records(): InventoryRecord[] {
  return Array.from({ length: MOST_PARENTS }, (_, index) => [
    record(`Country ${index}/s${index}/r${index}a`, { region: 'EMEA' }),
    record(`Country ${index}/s${index}/r${index}b`),
  ]).flat()
}

/** Each is over with results of six devices; together they come to each device three times. */
async function addRefresh(
  store: Store,
  { index, deviceIds }: { index: number; deviceIds: readonly number[] },
): Promise<void> {
  const ofThis = Array.from(
    { length: 6 },
    (_, offset) => deviceIds[(index * 6 + offset) % deviceIds.length] ?? 0,
  )
  const { id: refreshId } = await store.refreshes.create({
    trigger: 'CLI',
    requestedBy: null,
    scope: { countryIds: [index + 1], siteIds: [index + 1], deviceIds: ofThis.slice(0, 2) },
    sync: false,
    force: true,
    at: 5_000 + index,
    ...(index > 0 ? { retryOf: index } : {}),
  })
  await store.probes.commitBatch(
    ofThis.map((deviceId) => ({
      refreshId,
      deviceId,
      ...FIRST_TRY,
      report: report({
        startedAt: 10_000 + index,
        phases: [{ phase: 'CONNECT', durationMs: 1.2 + index }],
        capabilities: [`urn:m${deviceId % 5}?module=m&revision=2026-01-0${(index % 9) + 1}&features=f`],
        facts: {
          hostname: `r${deviceId}`,
          vendor: 'Example',
          model: 'X1',
          osVersion: `1.${index}`,
          serialNumber: null,
          readFrom: 'openconfig-system',
        },
        peer: {
          ...unknownPeer(),
          hostKey: { algorithm: 'ssh-ed25519', fingerprint: `SHA256:${deviceId}`, verified: true },
          algorithms: ALGORITHMS,
        },
      }),
    })),
  )
  await store.refreshes.update(refreshId, {
    state: 'COMPLETED',
    startedAt: 6_000,
    finishedAt: 20_000 + index,
  })
}

/** Each would change four devices. */
async function addPlan(
  store: Store,
  { index, deviceIds }: { index: number; deviceIds: readonly number[] },
): Promise<void> {
  const updated = [0, 1, 2, 3].map((offset) => ({
    id: deviceIds[(index * 2 + offset) % deviceIds.length] ?? 0,
    record: record(`France/Paris/p${offset}`),
    changes: [{ field: 'port', before: '22', after: '830' } as const],
  }))
  const rejected = [{ position: 1, record: '{}', reason: 'It has no name.', identity: null, key: null }]
  await applyPlannedSync(
    store,
    plannedSync({
      held: { ...NO_CHANGES, updated },
      inventory: { records: [], rejected },
      plan: { updated: index, unchanged: 60, plannedAt: 7_000 + index },
    }),
  )
}

/** Of thirty rows of a type, as many as asked for: ids are given from 1 on. */
export function idsOf(type: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => encodeGlobalId(type, index + 1))
}
