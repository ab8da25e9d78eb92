import { type GraphQLObjectType, getNamedType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'
import { encodeGlobalId } from '../../../src/base/global-id.ts'
import { EVERYTHING, FIRST_TRY, idsByName, newRefresh, record, report } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { allOf, countListeners, nextOf, overSse } from '../../support/subscribers.ts'
import { WIDE_LIMITS } from '../support/edge-data.ts'
import { everythingOf } from '../support/edge-walk.ts'

const SIZES = [1, 3, 30]

/** Of an event's objects, and of what is around them. */
const DEPTH = 3

interface ApiWithListeners extends RunningApi {
  listeners: ReturnType<typeof countListeners>
}

/** How the events of a subscription come to hold so many objects, and what that costs; null where it is one in any case. */
const SUBSCRIPTIONS: Readonly<
  Record<string, ((api: ApiWithListeners, size: number) => Promise<number>) | null>
> = {
  deviceChanges: statementsOfDeviceChanges,
  probeResults: statementsOfProbeResults,
  refreshProgress: null,
  refreshes: null,
  summary: null,
}

describe('the number of SQL statements for an event', () => {
  it.each(Object.keys(schema.getSubscriptionType()?.getFields() ?? {}))(
    'of %s does not depend on its size',
    async (name) => {
      const statementsOf = SUBSCRIPTIONS[name]
      if (statementsOf === null) return expect(isListed(name)).toBe(false)
      if (!statementsOf) throw new Error(`SUBSCRIPTIONS does not say how to fill an event of ${name}.`)
      const api = await startApi(
        Array.from({ length: 30 }, (_, index) => record(`Country ${index}/s${index}/r${index}`)),
        { limits: WIDE_LIMITS },
      )
      const counts: number[] = []
      const listeners = countListeners(api.refreshes.events)
      for (const size of SIZES) counts.push(await statementsOf({ ...api, listeners }, size))
      expect(counts).toEqual(SIZES.map(() => counts[0]))
      expect(counts[0]).toBeGreaterThan(5)
    },
  )
})

/** Whether an event may hold several objects that have an id. */
function isListed(name: string): boolean {
  const type = schema.getSubscriptionType()?.getFields()[name]?.type
  const fields = Object.values((getNamedType(type) as GraphQLObjectType).getFields())
  return String(type).startsWith('[') || fields.some((field) => /^\[(Probe|Device)!/.test(String(field.type)))
}

function everythingOfType(name: string): string {
  return everythingOf(schema.getType(name) as GraphQLObjectType, DEPTH)
}

/** Of a refresh with so many results, which are told in one event. */
async function statementsOfProbeResults(
  { url, store, statements }: RunningApi,
  size: number,
): Promise<number> {
  const { id: refreshId } = await newRefresh(store, EVERYTHING)
  const deviceIds = Object.values(await idsByName(store)).slice(0, size)
  await store.probes.commitBatch(
    deviceIds.map((deviceId) => ({ refreshId, deviceId, ...FIRST_TRY, report: report() })),
  )
  await store.refreshes.update(refreshId, { state: 'COMPLETED', finishedAt: 20_000 })
  const query = `subscription Results($id: ID!) {
    probeResults(refreshId: $id) ${everythingOfType('ProbeResultBatch')}
  }`
  statements.length = 0
  const events = await allOf<{ probeResults: { probes: unknown[] } }>(
    overSse(url).subscribe(query, { id: encodeGlobalId('Refresh', refreshId) }),
  )
  expect(events.map(({ probeResults }) => probeResults.probes.length)).toEqual([size])
  return statements.length
}

async function statementsOfDeviceChanges(
  { url, store, refreshes, statements, listeners }: ApiWithListeners,
  size: number,
): Promise<number> {
  const deviceIds = Object.values(await idsByName(store)).slice(0, size)
  const { id: refreshId } = await newRefresh(store, EVERYTHING)
  await store.probes.commitBatch(
    deviceIds.map((deviceId) => ({ refreshId, deviceId, ...FIRST_TRY, report: report() })),
  )
  const events = overSse(url).subscribe<{ deviceChanges: unknown[] }>(
    `subscription { deviceChanges(everyMs: 50) ${everythingOfType('Device')} }`,
  )
  const next = nextOf(events)
  await Promise.race([listeners.reach(1), next])
  statements.length = 0
  refreshes.events.announce({ kind: 'devices', deviceIds })
  expect((await next).deviceChanges).toHaveLength(size)
  const count = statements.length
  await events.return?.()
  await listeners.reach(0)
  return count
}
