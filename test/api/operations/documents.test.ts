import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { concatAST, Kind, parse, print, separateOperations, validate } from 'graphql'
import { afterAll, describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'
import { many, newFile } from '../../refresh/support/syncing.ts'
import { startApiOverFleet } from '../../support/api-over-fleet.ts'
import { startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { allOf, countListeners, nextOf, overSse, TRANSPORTS } from '../../support/subscribers.ts'

const FOLDER = join(import.meta.dirname, '../../../schema/documents')

/** All of them together, as a frontend's build sees them. */
const document = concatAST(
  readdirSync(FOLDER).map((file) => parse(readFileSync(join(FOLDER, file), 'utf8'), { noLocation: true })),
)
const operations = separateOperations(document)
const unused = new Set(Object.keys(operations))

/** The text of an operation with the fragments that it needs. */
function textOf(name: string): string {
  const operation = operations[name]
  if (!operation) throw new Error(`No document has an operation "${name}".`)
  unused.delete(name)
  return print(operation)
}

/** Its data: a test tells what it expects of it. */
// biome-ignore lint/suspicious/noExplicitAny: typing them is what the frontend's code generator is for
async function run(url: string, name: string, variables: object = {}): Promise<any> {
  return await dataOf(url, textOf(name), variables)
}

afterAll(() => {
  expect([...unused], 'operations that no test has run').toEqual([])
})

describe('the documents for frontends', () => {
  it('are valid, and each operation and fragment has a name of its own', () => {
    expect(validate(schema, document)).toEqual([])
    expect(Object.keys(operations)).not.toContain('')
    expect(document.definitions.every(({ kind }) => kind.endsWith('Definition'))).toBe(true)
    expect(document.definitions.some(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)).toBe(true)
  })

  it('show the tree, the table, a device and its refreshes', async () => {
    const { url } = await startApiOverFleet({ devices: 6, faulty: 1, timeoutMs: 2_000 })
    const { startRefresh } = await run(url, 'StartRefresh', { input: { force: true } })
    const id = startRefresh.refresh.id
    await allOf(overSse(url).subscribe(textOf('WatchProgress'), { id }))

    const { refresh } = await run(url, 'RefreshPage', { id, outcome: ['TIMEOUT'] })
    expect(refresh).toMatchObject({
      state: 'COMPLETED',
      scope: { sync: true, countries: [], sites: [], devices: [] },
      retryOf: null,
      progress: { refreshId: id, total: 6, done: 6 },
      probes: { totalCount: 1, edges: [{ node: { outcome: 'TIMEOUT', phase: expect.any(String) } }] },
    })
    const retried = (await run(url, 'RetryRefresh', { id })).retryRefresh
    expect(retried).toMatchObject({ started: true, refresh: { progress: { total: 1 } } })
    const cancelled = (await run(url, 'CancelRefresh', { id: retried.refresh.id })).cancelRefresh
    expect(cancelled.refresh).toMatchObject({ id: retried.refresh.id, state: 'CANCELLED' })
    const { refreshes } = await run(url, 'Refreshes', { state: ['CANCELLED', 'COMPLETED'] })
    expect(refreshes).toMatchObject({
      totalCount: 2,
      edges: [{ node: { state: 'CANCELLED' } }, { node: { id } }],
    })

    const tree = await run(url, 'Tree')
    expect(tree.summary).toMatchObject({ devices: 6, supported: 5, unprobed: 0 })
    const sites = tree.countries.flatMap((country: { sites: object[] }) => country.sites)
    expect(sites[0].summary.devices).toBeGreaterThan(0)
    const { node: site } = await run(url, 'DevicesOfSite', { site: sites[0].id })
    expect(site.devices).toHaveLength(sites[0].summary.devices)

    const orderBy = { field: 'LAST_PROBED_AT', direction: 'DESC' }
    const page = (await run(url, 'DeviceTable', { first: 4, orderBy, filter: { lifecycle: 'ACTIVE' } }))
      .devices
    expect(page).toMatchObject({ totalCount: 6, pageInfo: { hasNextPage: true } })
    expect(page.edges).toHaveLength(4)
    const rest = (await run(url, 'DeviceTable', { after: page.pageInfo.endCursor, orderBy })).devices
    expect(rest).toMatchObject({ pageInfo: { hasNextPage: false } })
    expect(new Set([...page.edges, ...rest.edges].map(({ node }) => node.id)).size).toBe(6)

    const { devices } = await run(url, 'DeviceTable', { filter: { netconfSupported: true } })
    const first = devices.edges[0].node
    const device = { id: first.id }
    const { node } = await run(url, 'DevicePage', device)
    expect(node).toMatchObject({
      ...first,
      facts: { readFrom: expect.any(String) },
      hostKey: { state: 'TRUSTED' },
      lastProbe: { outcome: 'SUPPORTED', algorithms: { legacy: false } },
      probes: { totalCount: 1, edges: [{ node: { refresh: { id } } }] },
      changes: { totalCount: 1, edges: [{ node: { action: 'CREATED', actor: 'source:global' } }] },
    })
    const { endCursor: after } = node.probes.pageInfo
    const older = await run(url, 'MoreProbesOfDevice', { ...device, after })
    expect(older.node.probes).toMatchObject({ totalCount: 1, edges: [] })
    const { endCursor } = node.changes.pageInfo
    const earlier = await run(url, 'MoreChangesOfDevice', { ...device, after: endCursor })
    expect(earlier.node.changes.edges).toEqual([])
  })

  it.each(TRANSPORTS)('follow a refresh over $name', async ({ connect }) => {
    const { url, refreshes } = await startApiOverFleet({ devices: 4, faulty: 0 })
    const listeners = countListeners(refreshes.events)
    const { subscribe } = connect(url)
    const changed = nextOf<{ deviceChanges: object[] }>(
      subscribe(textOf('DeviceTableChanges'), { everyMs: 50 }),
    )
    const states = subscribe<{ refreshes: { state: string } }>(textOf('WatchRefreshes'))
    const first = nextOf(states)
    await listeners.reach(2)
    const { startRefresh } = await run(url, 'StartRefresh', { input: { sync: false } })
    const { id } = startRefresh.refresh
    const batches = await allOf<{ probeResults: { cursor: string; probes: object[]; progress: object } }>(
      subscribe(textOf('WatchResults'), { id }),
    )
    expect(batches.flatMap(({ probeResults }) => probeResults.probes)).toHaveLength(4)
    const last = batches.at(-1)?.probeResults
    expect(last?.progress).toMatchObject({ state: 'COMPLETED', done: 4 })
    const again = await allOf<(typeof batches)[number]>(
      subscribe(textOf('WatchResults'), { id, after: last?.cursor }),
    )
    expect(again.flatMap(({ probeResults }) => probeResults.probes)).toEqual([])
    expect(await first).toMatchObject({ refreshes: { id } })
    expect((await changed).deviceChanges[0]).toMatchObject({ lastProbe: { outcome: 'SUPPORTED' } })
  })

  it('show the plans that await approval, and decide on them', async () => {
    const { source, write } = await newFile()
    const { url, refreshes } = await startApi([], { sources: [source] })
    const sync = () =>
      refreshes.syncInventory({ dryRun: false, requestedBy: null }, new AbortController().signal)
    await write(many('r', 30))
    await sync()
    await write(many('r', 5))
    await sync()
    const awaiting = async () => (await run(url, 'PlansAwaitingApproval')).syncPlans
    const { totalCount, edges } = await awaiting()
    const plan = edges[0].node
    expect(totalCount).toBe(1)
    expect(plan).toMatchObject({ source: 'global', state: 'AWAITING_APPROVAL', decommissioned: 25 })
    const { changes } = (await run(url, 'PlanChanges', { id: plan.id, action: 'DECOMMISSIONED' })).node
    expect(changes).toMatchObject({
      totalCount: 25,
      edges: [{ node: { name: 'r10', fields: [] } }, ...Array(24).fill({})],
    })
    const rejected = (await run(url, 'RejectPlan', { id: plan.id })).rejectSyncPlan.plan
    expect(rejected).toMatchObject({ id: plan.id, state: 'REJECTED', decidedAt: expect.any(String) })
    await sync()
    const { id } = (await awaiting()).edges[0].node
    const approved = (await run(url, 'ApprovePlan', { id })).approveSyncPlan.plan
    expect(approved).toMatchObject({ id, state: 'APPLIED', decommissioned: 25 })
    expect(await awaiting()).toMatchObject({ totalCount: 0, edges: [] })
  })
})
