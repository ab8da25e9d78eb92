import { once } from 'node:events'
import { get } from 'node:http'
import { createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { schema } from '../../../src/api/schema/schema.ts'
import { ROLES, type Role, roleCovers } from '../../../src/base/caller.ts'
import { newRefresh, record } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { type Answer, post } from '../../support/graphql-answer.ts'
import { bearer, newToken } from '../../support/tokens.ts'

/** An operation that does little, and the code that it is answered with for whoever may run it. */
interface Row {
  text: string
  least: Role
  code: string
}

const NONE = globalId('Device', 99)
const REFRESH = globalId('Refresh', 1)

/** Every operation there is, by its kind and name. */
const OPERATIONS: Record<string, Row> = {
  'query node': reading(`{ node(id: "${NONE}") { id } }`),
  'query nodes': reading(`{ nodes(ids: ["${NONE}"]) { id } }`),
  'query countries': reading('{ countries { name } }'),
  'query country': reading('{ country(name: "France") { name } }'),
  'query site': reading('{ site(name: "Paris") { name } }'),
  'query device': reading('{ device(name: "r1") { name } }'),
  'query sites': reading('{ sites { totalCount } }'),
  'query devices': reading('{ devices { nodes { name } } }'),
  'query summary': reading('{ summary { devices } }'),
  'query refresh': reading(`{ refresh(id: "${REFRESH}") { state } }`),
  'query refreshes': reading('{ refreshes { totalCount } }'),
  'query syncPlans': reading('{ syncPlans { totalCount } }'),
  'query changes': reading('{ changes { totalCount } }'),
  'query groups': reading('{ groups(by: SITE) { value } }'),
  'query gateway': reading('{ gateway { version } }'),
  'query viewer': reading('{ viewer { name role } }'),
  'mutation startRefresh': {
    text: `mutation { startRefresh(input: { deviceIds: ["${NONE}"] }) { started } }`,
    least: 'OPERATOR',
    code: 'NOT_FOUND',
  },
  'mutation cancelRefresh': {
    text: `mutation { cancelRefresh(id: "${REFRESH}") { refresh { state } } }`,
    least: 'OPERATOR',
    code: 'OK',
  },
  'mutation retryRefresh': {
    text: `mutation { retryRefresh(id: "${globalId('Refresh', 99)}") { started } }`,
    least: 'OPERATOR',
    code: 'NOT_FOUND',
  },
  'mutation syncInventory': {
    text: 'mutation { syncInventory(source: "none") { plans { id } } }',
    least: 'OPERATOR',
    code: 'NOT_FOUND',
  },
  'mutation resumeCredential': {
    text: 'mutation { resumeCredential(name: "none") { credential { name } } }',
    least: 'OPERATOR',
    code: 'NOT_FOUND',
  },
  'mutation approveSyncPlan': deciding(
    `approveSyncPlan(id: "${globalId('SyncPlan', 99)}") { plan { id } }`,
    'NOT_FOUND',
  ),
  'mutation rejectSyncPlan': deciding(
    `rejectSyncPlan(id: "${globalId('SyncPlan', 99)}") { plan { id } }`,
    'NOT_FOUND',
  ),
  'mutation onboardDevice': deciding(
    'onboardDevice(input: { name: " ", address: "192.0.2.1", site: "Paris", country: "France" }) { device { id } }',
    'BAD_USER_INPUT',
  ),
  'mutation updateDevice': deciding(`updateDevice(id: "${NONE}", input: {}) { device { id } }`, 'NOT_FOUND'),
  'mutation decommissionDevice': deciding(`decommissionDevice(id: "${NONE}") { device { id } }`, 'NOT_FOUND'),
  'mutation trustHostKey': deciding(
    `trustHostKey(deviceId: "${NONE}", fingerprint: "SHA256:x") { device { id } }`,
    'NOT_FOUND',
  ),
  'mutation decommissionDevices': deciding(
    `decommissionDevices(ids: ["${NONE}"], expected: 1) { done }`,
    'NOT_FOUND',
  ),
  'mutation trustHostKeys': deciding(
    `trustHostKeys(keys: [{ deviceId: "${NONE}", fingerprint: "SHA256:x" }]) { done }`,
    'NOT_FOUND',
  ),
  'subscription refreshProgress': reading(
    `subscription { refreshProgress(refreshId: "${REFRESH}") { state } }`,
  ),
  'subscription probeResults': reading(`subscription { probeResults(refreshId: "${REFRESH}") { cursor } }`),
  'subscription refreshes': reading('subscription { refreshes { state } }'),
  'subscription summary': reading('subscription { summary { devices } }'),
  'subscription deviceChanges': reading('subscription { deviceChanges { name } }'),
}

function reading(text: string): Row {
  return { text, least: 'VIEWER', code: 'OK' }
}

function deciding(field: string, code: string): Row {
  return { text: `mutation { ${field} }`, least: 'ADMIN', code }
}

function globalId(type: string, id: number): string {
  return Buffer.from(`${type}:${id}`).toString('base64url')
}

/** All kinds of callers, and what each may expect of a row. */
const CALLERS = [null, ...ROLES]

function expectedOf({ least, code }: Row, caller: Role | null): string {
  if (caller === null) return 'UNAUTHENTICATED'
  return roleCovers(caller, least) ? code : 'FORBIDDEN'
}

async function guardedApi(): Promise<{ api: RunningApi; tokens: Map<Role, string> }> {
  const api = await startApi([record('France/Paris/r1')], { auth: { mode: 'tokens' } })
  const { id } = await newRefresh(api.store)
  await api.store.refreshes.update(id, { state: 'COMPLETED', finishedAt: 6_000 })
  const tokens = new Map<Role, string>()
  for (const role of ROLES) tokens.set(role, await newToken(api.store, `the ${role.toLowerCase()}`, role))
  return { api, tokens }
}

function codeOf({ errors }: Answer): string {
  return errors?.[0]?.extensions.code ?? 'OK'
}

it('covers every operation of the schema', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const operations = roots.flatMap((root) =>
    Object.keys(root?.getFields() ?? {}).map((field) => `${root?.name.toLowerCase()} ${field}`),
  )
  expect(Object.keys(OPERATIONS).sort()).toEqual(operations.sort())
})

it("states the required role at the beginning of each mutation's description", () => {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
  for (const { name, description } of mutations) {
    expect([name, description?.split('. ', 1)[0]]).toEqual([name, OPERATIONS[`mutation ${name}`]?.least])
  }
})

describe('with tokens, over HTTP', () => {
  it('answers each operation as the role of the token allows', async () => {
    const { api, tokens } = await guardedApi()
    const rows = Object.entries(OPERATIONS).filter(([name]) => !name.startsWith('subscription'))
    const asked = async (name: string, { text }: Row, caller: Role | null) => {
      const headers = caller === null ? {} : bearer(tokens.get(caller) ?? '')
      const response = await post(api.url, text, {}, headers)
      return [name, caller, response.status, codeOf((await response.json()) as Answer)]
    }
    const cases = rows.flatMap(([name, row]) => CALLERS.map((caller) => ({ name, row, caller })))
    const found = await Promise.all(cases.map(({ name, row, caller }) => asked(name, row, caller)))
    expect(found).toEqual(
      cases.map(({ name, row, caller }) => [
        name,
        caller,
        caller === null ? 401 : 200,
        expectedOf(row, caller),
      ]),
    )
    expect(api.logged.filter(({ level }) => Number(level) >= 40)).toEqual([])
  })

  it('reports who the caller is and which role is missing', async () => {
    const { api, tokens } = await guardedApi()
    const asked = async (text: string) =>
      (await (await post(api.url, text, {}, bearer(tokens.get('VIEWER') ?? ''))).json()) as Answer
    expect(await asked('{ viewer { name role } }')).toEqual({
      data: { viewer: { name: 'the viewer', role: 'VIEWER' } },
    })
    const { data, errors } = await asked(OPERATIONS['mutation decommissionDevice']?.text ?? '')
    expect(data).toBeNull()
    expect(errors).toMatchObject([
      {
        message: '"decommissionDevice" needs the role ADMIN, and the viewer has VIEWER.',
        path: ['decommissionDevice'],
        extensions: { code: 'FORBIDDEN' },
      },
    ])
  })

  it('records the name of the token as the requester', async () => {
    const { api, tokens } = await guardedApi()
    const headers = bearer(tokens.get('OPERATOR') ?? '')
    await post(api.url, 'mutation { startRefresh(input: {}) { started } }', {}, headers)
    expect((await api.store.refreshes.page({ page: { first: 1 } })).items).toMatchObject([
      { requestedBy: 'the operator' },
    ])
  })

  it('starts each subscription over SSE only for roles that may use it', async () => {
    const { api, tokens } = await guardedApi()
    for (const [name, row] of Object.entries(OPERATIONS)) {
      if (!name.startsWith('subscription')) continue
      for (const caller of CALLERS) {
        const request = get(`${api.url}?${new URLSearchParams({ query: row.text })}`, {
          headers: {
            accept: 'text/event-stream',
            ...(caller === null ? {} : bearer(tokens.get(caller) ?? '')),
          },
        })
        const [response] = await once(request, 'response')
        const type = response.headers['content-type']
        if (caller === null) {
          expect([name, response.statusCode, type]).toEqual([name, 401, 'application/json; charset=utf-8'])
          response.setEncoding('utf8')
          const [body] = await once(response, 'data')
          expect(codeOf(JSON.parse(body))).toBe('UNAUTHENTICATED')
        } else {
          expect([name, response.statusCode, type]).toEqual([name, 200, 'text/event-stream'])
        }
        request.destroy()
      }
    }
  })
})

describe('with tokens, over WebSocket', () => {
  it('answers each operation as the role of the token allows', async () => {
    const { api, tokens } = await guardedApi()
    // Nothing comes of the others where nothing happens.
    const rows = Object.entries(OPERATIONS).filter(
      ([name]) => !/^subscription (refreshes|deviceChanges)$/.test(name),
    )
    const askedBy = async (caller: Role) => {
      const client = createClient({
        url: api.url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: bearer(tokens.get(caller) ?? ''),
        retryAttempts: 0,
      })
      onTestFinished(() => void client.dispose())
      return await Promise.all(
        rows.map(async ([name, { text }]) => {
          const events = client.iterate({ query: text })
          const code = codeOf((await events.next()).value as Answer)
          await events.return?.()
          return [name, code]
        }),
      )
    }
    for (const [index, found] of (await Promise.all(ROLES.map(askedBy))).entries()) {
      const caller = ROLES[index] ?? null
      expect([caller, found]).toEqual([caller, rows.map(([name, row]) => [name, expectedOf(row, caller)])])
    }
  })
})
