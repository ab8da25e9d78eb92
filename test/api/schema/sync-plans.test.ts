import { rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type FileOfRecords, many, newFile, raw } from '../../refresh/support/syncing.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

const PLAN = `id source state reason created updated decommissioned unchanged plannedAt decidedAt decidedBy
  rejectedRecords { position record reason }`

const SYNC = `mutation ($input: SyncInventoryInput) {
  syncInventory(input: $input) { plans { ${PLAN} } }
}`
const APPROVE = `mutation ($id: ID!) { approveSyncPlan(id: $id) { plan { ${PLAN} } } }`
const REJECT = `mutation ($id: ID!) { rejectSyncPlan(id: $id) { plan { ${PLAN} } } }`
const PLANS = `query ($first: Int, $after: String, $last: Int, $before: String, $state: [SyncPlanState!]) {
  syncPlans(first: $first, after: $after, last: $last, before: $before, state: $state) {
    totalCount
    nodes { id state }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

interface Plan {
  id: string
  state: string
  reason: string | null
}

interface Plans {
  syncPlans: {
    totalCount: number
    nodes: Plan[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  }
}

async function startSyncing(): Promise<RunningApi & FileOfRecords> {
  const file = await newFile()
  return { ...(await startApi([], { sources: [file.source] })), ...file, path: file.path }
}

async function sync(url: string, input?: object): Promise<Plan[]> {
  return (await dataOf<{ syncInventory: { plans: Plan[] } }>(url, SYNC, { input })).syncInventory.plans
}

async function devices(url: string): Promise<number> {
  return (await dataOf<{ summary: { devices: number } }>(url, '{ summary { devices } }')).summary.devices
}

/** A plan that awaits approval: of 30 devices the source lists 5, and a new one. */
async function shrunk(): Promise<RunningApi & FileOfRecords & { plan: Plan }> {
  const api = await startSyncing()
  await api.write(many('r', 30))
  await sync(api.url)
  await api.write([...many('r', 5), raw('new')])
  const [plan] = await sync(api.url)
  if (!plan) throw new Error('There is no plan.')
  return { ...api, plan }
}

const idOf = (text: string) => Buffer.from(text).toString('base64url')

describe('syncInventory', () => {
  it('applies the inventory of the source, and lists the rejected records', async () => {
    const { url, write } = await startSyncing()
    await write([raw('r1'), raw('r2', { port: 0 }), raw('r3')])
    expect(await sync(url)).toEqual([
      {
        id: expect.any(String),
        source: 'global',
        state: 'APPLIED',
        reason: null,
        created: 2,
        updated: 0,
        decommissioned: 0,
        unchanged: 0,
        plannedAt: expect.stringMatching(/Z$/),
        decidedAt: null,
        decidedBy: null,
        rejectedRecords: [
          {
            position: 2,
            record: JSON.stringify(raw('r2', { port: 0 })),
            reason: '"port" is 0, which is not a whole number from 1 to 65535.',
          },
        ],
      },
    ])
    expect(await devices(url)).toBe(2)
  })

  it('changes nothing in a dry run, and returns a plan for it', async () => {
    const { url, write, store } = await startSyncing()
    await write([raw('r1'), raw('r2')])
    await sync(url)
    await write([raw('r1', { port: 2022 }), raw('r3')])
    const before = [await store.inventory.known(), await store.changes.count()]
    expect(await sync(url, { dryRun: true })).toMatchObject([
      { state: 'DRY_RUN', created: 1, updated: 1, decommissioned: 1, unchanged: 0 },
    ])
    expect([await store.inventory.known(), await store.changes.count()]).toEqual(before)
  })

  it('returns a FAILED plan and changes nothing if the source cannot be read', async () => {
    const { url, write, path } = await startSyncing()
    await write([raw('r1')])
    await sync(url)
    await rm(path)
    expect(await sync(url)).toMatchObject([
      { state: 'FAILED', reason: expect.stringContaining('does not exist'), created: 0, unchanged: 0 },
    ])
    expect(await devices(url)).toBe(1)
  })

  it('accepts the name of a source, and refuses an unknown one', async () => {
    const { url, write } = await startSyncing()
    await write([raw('r1')])
    expect(await sync(url, { source: 'global' })).toMatchObject([{ source: 'global' }])
    expect(await ask(url, SYNC, { input: { source: 'other' } })).toMatchObject({
      errors: [{ message: 'The configuration has no source "other".', extensions: { code: 'NOT_FOUND' } }],
    })
  })

  it('takes the deprecated arguments, but not beside the input', async () => {
    const { url, write } = await startSyncing()
    await write([raw('r1')])
    const plans = '{ plans { source state } }'
    expect(await dataOf(url, `mutation { syncInventory(source: "global", dryRun: true) ${plans} }`)).toEqual({
      syncInventory: { plans: [{ source: 'global', state: 'DRY_RUN' }] },
    })
    expect(await ask(url, `mutation { syncInventory(input: {}, dryRun: true) ${plans} }`)).toMatchObject({
      errors: [
        {
          message: 'Give `source` and `dryRun` in `input` only, not as arguments of their own as well.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    })
    expect(await devices(url)).toBe(0)
  })
})

describe('a plan that would decommission too much', () => {
  it('applies the rest, and decommissions once it is approved', async () => {
    const { url, plan } = await shrunk()
    expect(plan).toMatchObject({
      state: 'AWAITING_APPROVAL',
      reason: expect.stringContaining('25 of 30'),
      created: 1,
      decommissioned: 25,
    })
    expect(await devices(url)).toBe(31)
    const { approveSyncPlan } = await dataOf<{ approveSyncPlan: { plan: Plan } }>(url, APPROVE, {
      id: plan.id,
    })
    expect(approveSyncPlan.plan).toMatchObject({
      id: plan.id,
      state: 'APPLIED',
      reason: plan.reason,
      created: 1,
      decommissioned: 25,
      decidedAt: expect.stringMatching(/Z$/),
      decidedBy: 'anonymous',
    })
    expect(await devices(url)).toBe(6)
    expect(
      await dataOf(url, `query ($id: ID!) { node(id: $id) { __typename ... on SyncPlan { state } } }`, plan),
    ).toEqual({
      node: { __typename: 'SyncPlan', state: 'APPLIED' },
    })
    const query =
      '{ device(name: "r30") { lifecycle changes(first: 1) { nodes { action actor fields { field after } } } } }'
    expect(await dataOf(url, query)).toEqual({
      device: {
        lifecycle: 'DECOMMISSIONED',
        changes: {
          nodes: [
            {
              action: 'DECOMMISSIONED',
              actor: 'source:global',
              fields: [
                { field: 'lifecycle', after: 'DECOMMISSIONED' },
                { field: 'approvedBy', after: 'anonymous' },
              ],
            },
          ],
        },
      },
    })
  })

  it('is not applied if the source has changed: a new plan awaits approval', async () => {
    const { url, write, plan } = await shrunk()
    await write(many('r', 4))
    expect(await ask(url, APPROVE, { id: plan.id })).toMatchObject({
      errors: [{ path: ['approveSyncPlan'], extensions: { code: 'CONFLICT' } }],
    })
    expect(await devices(url)).toBe(31)
    const { syncPlans } = await dataOf<Plans>(url, PLANS, { state: ['AWAITING_APPROVAL', 'EXPIRED'] })
    expect(syncPlans.nodes).toEqual([
      { id: expect.not.stringMatching(plan.id), state: 'AWAITING_APPROVAL' },
      { id: plan.id, state: 'EXPIRED' },
    ])
  })

  it('stays open if the source cannot be read', async () => {
    const { url, path, plan } = await shrunk()
    await rm(path)
    expect(await ask(url, APPROVE, { id: plan.id })).toMatchObject({
      errors: [{ message: expect.stringContaining('does not exist'), extensions: { code: 'CONFLICT' } }],
    })
    const { syncPlans } = await dataOf<Plans>(url, PLANS, { first: 1 })
    expect(syncPlans.nodes).toEqual([{ id: plan.id, state: 'AWAITING_APPROVAL' }])
  })

  it('leaves the devices unchanged when it is rejected, which is final', async () => {
    const { url, plan } = await shrunk()
    expect(await dataOf(url, REJECT, { id: plan.id })).toMatchObject({
      rejectSyncPlan: { plan: { state: 'REJECTED', decommissioned: 25, decidedBy: 'anonymous' } },
    })
    expect(await devices(url)).toBe(31)
    for (const operation of [APPROVE, REJECT]) {
      expect(await ask(url, operation, { id: plan.id })).toMatchObject({
        errors: [
          { message: 'The plan is REJECTED and awaits no approval.', extensions: { code: 'CONFLICT' } },
        ],
      })
    }
  })

  it.each([
    [idOf('SyncPlan:999'), 'NOT_FOUND', 'There is no sync plan with this id.'],
    [
      idOf('Device:1'),
      'BAD_USER_INPUT',
      `"${idOf('Device:1')}" is the id of a Device; the id of a SyncPlan is needed here.`,
    ],
    ['nonsense', 'BAD_USER_INPUT', '"nonsense" is not an id of this API; use the `id` that a query gave.'],
  ])('is required: %s is refused', async (id, code, message) => {
    const { url } = await startSyncing()
    for (const operation of [APPROVE, REJECT]) {
      expect(await ask(url, operation, { id })).toMatchObject({ errors: [{ message, extensions: { code } }] })
    }
  })
})

describe('changes of a plan', () => {
  const CHANGES = `query ($id: ID!, $action: ChangeAction, $first: Int, $after: String, $last: Int, $before: String) {
    node(id: $id) { ... on SyncPlan {
      changes(action: $action, first: $first, after: $after, last: $last, before: $before) {
        totalCount
        nodes { action name site country device { name lifecycle } fields { field before after } }
        edges { cursor }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    } }
  }`
  interface Changes {
    totalCount: number
    nodes: { action: string; name: string; device: { name: string; lifecycle: string } | null }[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  }
  const read = async (url: string, variables: object) =>
    (await dataOf<{ node: { changes: Changes } }>(url, CHANGES, variables)).node.changes

  it('are paged both ways in the order of names, of all actions or of one, and stay once it is applied', async () => {
    const { url, plan } = await shrunk()
    const { id } = plan
    const first = await read(url, { id, first: 2 })
    expect(first.totalCount).toBe(26)
    expect(first.nodes).toEqual([
      {
        action: 'CREATED',
        name: 'new',
        site: 'Paris',
        country: 'France',
        device: { name: 'new', lifecycle: 'ACTIVE' },
        fields: [],
      },
      expect.objectContaining({ action: 'DECOMMISSIONED', name: 'r10', fields: [] }),
    ])
    const second = await read(url, { id, first: 24, after: first.pageInfo.endCursor })
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const names = [...first.nodes, ...second.nodes].map(({ name }) => name)
    expect(names).toEqual([...new Set(names)].sort())
    const back = await read(url, { id, last: 1, before: second.pageInfo.startCursor })
    expect(back.nodes.map(({ name }) => name)).toEqual(['r10'])
    expect(await read(url, { id, action: 'CREATED' })).toMatchObject({ totalCount: 1 })
    expect(await read(url, { id, action: 'HOST_KEY_TRUSTED' })).toMatchObject({ totalCount: 0, nodes: [] })
    await dataOf(url, APPROVE, { id })
    const applied = await read(url, { id })
    expect(applied.nodes.map(({ name }) => name)).toEqual(names)
    expect(applied.nodes[1]?.device).toEqual({ name: 'r10', lifecycle: 'DECOMMISSIONED' })
  })

  it('have no device that a dry run would create', async () => {
    const { url, write } = await startSyncing()
    await write([raw('r1')])
    const [plan] = await sync(url, { dryRun: true })
    expect((await read(url, { id: plan?.id })).nodes).toMatchObject([
      { action: 'CREATED', name: 'r1', device: null },
    ])
  })

  it.each([{ first: 1, last: 1 }, { first: 1_001 }, { last: -1 }, { after: 'nonsense' }])(
    'refuse %j',
    async (variables) => {
      const { url, plan } = await shrunk()
      expect(await ask(url, CHANGES, { id: plan.id, ...variables })).toMatchObject({
        errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      })
    },
  )
})

describe('syncPlans', () => {
  it('are paged both ways, newest first, of all states or of some', async () => {
    const { url, write } = await startSyncing()
    await write([raw('r1')])
    const ids: string[] = []
    for (const dryRun of [true, false, false, true, false]) {
      for (const { id } of await sync(url, { dryRun })) ids.unshift(id)
    }
    const read = async (variables: object) => (await dataOf<Plans>(url, PLANS, variables)).syncPlans
    const first = await read({ first: 2 })
    expect(first.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 2))
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } })
    const second = await read({ first: 2, after: first.pageInfo.endCursor })
    expect(second.nodes.map(({ id }) => id)).toEqual(ids.slice(2, 4))
    const back = await read({ last: 1, before: second.pageInfo.startCursor })
    expect(back.nodes.map(({ id }) => id)).toEqual([ids[1]])
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
    expect((await read({ last: 2 })).nodes.map(({ id }) => id)).toEqual(ids.slice(3))
    const dry = await read({ state: ['DRY_RUN'] })
    expect(dry).toMatchObject({ totalCount: 2, nodes: [{ state: 'DRY_RUN' }, { state: 'DRY_RUN' }] })
    expect(await read({ state: [] })).toMatchObject({ totalCount: 0, nodes: [] })
  })

  it.each([{ first: 1, last: 1 }, { first: 1_001 }, { first: -1 }, { after: 'nonsense' }])(
    'refuse %j',
    async (variables) => {
      const { url } = await startSyncing()
      expect(await ask(url, PLANS, variables)).toMatchObject({
        errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      })
    },
  )
})
