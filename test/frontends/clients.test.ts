import { describe, expect, it, onTestFinished } from 'vitest'
import { createApolloClient } from './src/apollo/client.ts'
import * as apollo from './src/apollo/screens.ts'
import { createEnvironment } from './src/relay/environment.ts'
import * as relay from './src/relay/screens.ts'
import { overSse, overWebSocket, type Subscribe } from './src/subscriptions.ts'
import { createUrqlClient } from './src/urql/client.ts'
import * as urql from './src/urql/screens.ts'
import { DEVICES, startGateway } from './support/gateway.ts'
import { watchWarnings } from './support/warnings.ts'

/** What the tests read of the table. */
interface Table {
  pageInfo?: { hasNextPage: boolean; endCursor: string | null }
  edges: readonly { node: { id: string; name: string; lastProbe?: { id: string } | null } }[]
}

interface Options {
  url: string
  token: string
  subscribe: Subscribe
  persisted: boolean
}

const FIRST = { first: 10, orderBy: { field: 'NAME' } } as const
const TRANSPORTS = { 'Server-Sent Events': overSse, WebSocket: overWebSocket }

const CLIENTS = {
  'Apollo Client': (options: Options) => {
    const client = createApolloClient(options)
    return {
      watchTable: (show: (table: Table) => void) => apollo.watchTable(client, FIRST, show),
      refreshAll: (show: (progress: object) => void) => apollo.refreshAll(client, show),
    }
  },
  urql: (options: Options) => {
    const client = createUrqlClient(options)
    return {
      watchTable: (show: (table: Table) => void) => urql.watchTable(client, FIRST, show),
      refreshAll: (show: (progress: object) => void) => urql.refreshAll(client, show),
    }
  },
  Relay: (options: Options) => {
    const environment = createEnvironment(options)
    return {
      watchTable: (show: (table: Table) => void) => relay.watchTable(environment, FIRST, show),
      refreshAll: (show: (progress: object) => void) => relay.refreshAll(environment, show),
    }
  },
}

describe.each([
  ['Apollo Client', 'Server-Sent Events', 'texts'],
  ['Apollo Client', 'WebSocket', 'gql/persisted-documents.json'],
  ['Apollo Client', 'Server-Sent Events', 'gql/persisted-documents.json'],
  ['urql', 'WebSocket', 'texts'],
  ['urql', 'WebSocket', 'gql/persisted-documents.json'],
  ['urql', 'Server-Sent Events', 'gql/persisted-documents.json'],
  ['Relay', 'WebSocket', 'relay/persisted-documents.json'],
  ['Relay', 'Server-Sent Events', 'relay/persisted-documents.json'],
] as const)('%s over %s with %s', (client, transport, operations) => {
  it('joins the pages of the table, and updates it from a refresh', async () => {
    const warnings = watchWarnings()
    const persisted = operations !== 'texts'
    const { url, token } = await startGateway(persisted ? { persisted: operations } : {})
    const subscribe = TRANSPORTS[transport](url, token)
    const screens = CLIENTS[client]({ url, token, subscribe, persisted })
    let table: Table = { edges: [] }
    const watched = screens.watchTable((shown) => {
      table = shown
    })
    onTestFinished(() => watched.close())
    for (let shown = 10; shown < DEVICES; shown += 10) {
      await expect.poll(() => table.edges.length).toBe(shown)
      await watched.loadMore(table.pageInfo?.endCursor ?? '')
    }
    await expect.poll(() => table.edges.length).toBe(DEVICES)
    expect(table.pageInfo?.hasNextPage).toBe(false)
    const names = table.edges.map(({ node }) => node.name)
    expect(names).toEqual([...new Set(names)].toSorted())

    const before = new Set(table.edges.map(({ node }) => node.lastProbe?.id))
    const progress: object[] = []
    await screens.refreshAll((now) => progress.push(now))
    expect(progress.length).toBeGreaterThan(1)
    expect(progress.at(-1)).toMatchObject({ state: 'COMPLETED', done: DEVICES })
    const probedAgain = () => table.edges.filter(({ node }) => !before.has(node.lastProbe?.id)).length
    await expect.poll(probedAgain).toBe(DEVICES)
    expect(table.edges.map(({ node }) => node.name)).toEqual(names)
    expect(warnings()).toEqual([])
  })
})
