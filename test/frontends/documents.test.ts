import { type DocumentNode, print } from 'graphql'
import { expect, it } from 'vitest'
import { post } from '../support/graphql-answer.ts'
import { bearer } from '../support/tokens.ts'
import { createApolloClient } from './src/apollo/client.ts'
import {
  DevicePageDocument,
  DevicesOfSiteDocument,
  DeviceTableDocument,
  MoreChangesOfDeviceDocument,
  MoreProbesOfDeviceDocument,
  PlansAwaitingApprovalDocument,
  RefreshesDocument,
  RefreshPageDocument,
  TreeDocument,
  WatchResultsDocument,
} from './src/gql/graphql.ts'
import { overSse } from './src/subscriptions.ts'
import { createUrqlClient } from './src/urql/client.ts'
import { DEVICES, startGateway } from './support/gateway.ts'
import { watchWarnings } from './support/warnings.ts'

interface Options {
  url: string
  token: string
}

/** Runs operations with a client, whose cache then has their data. */
const CLIENTS = {
  'Apollo Client': ({ url, token }: Options) => {
    const client = createApolloClient({ url, token, subscribe: overSse(url, token) })
    return {
      run: async (query: DocumentNode, variables: Record<string, unknown>) =>
        withNullCursors((await client.query({ query, variables, fetchPolicy: 'network-only' })).data),
      follow: async (query: DocumentNode, variables: Record<string, unknown>) => {
        const events: unknown[] = []
        await client.subscribe({ query, variables }).forEach(({ data }) => {
          events.push(data)
        })
        return events
      },
    }
  },
  urql: ({ url, token }: Options) => {
    const client = createUrqlClient({ url, token, subscribe: overSse(url, token) })
    return {
      run: async (query: DocumentNode, variables: Record<string, unknown>) =>
        (await client.query(query, variables, { requestPolicy: 'network-only' }).toPromise()).data,
      follow: (query: DocumentNode, variables: Record<string, unknown>) => {
        const events: unknown[] = []
        return new Promise<unknown[]>((resolve) => {
          client.subscription(query, variables).subscribe(({ data, hasNext }) => {
            if (hasNext) events.push(data)
            else resolve(events)
          })
        })
      },
    }
  },
}

/** Undoes that `relayStylePagination` makes the cursor of an empty list an empty text. */
function withNullCursors(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data).replaceAll('"endCursor":""', '"endCursor":null'))
}

const NAMES = ['Apollo Client', 'urql'] as const

it.each(NAMES)('%s receives all data that the documents request', async (name) => {
  const warnings = watchWarnings()
  const { url, token, startRefresh } = await startGateway()
  const { run, follow } = CLIENTS[name]({ url, token })
  // biome-ignore lint/suspicious/noExplicitAny: the paths below are those of the documents.
  const asked = async (document: DocumentNode, variables: Record<string, unknown> = {}): Promise<any> => {
    const answer = await post(url, print(document), variables, bearer(token))
    const { data } = await answer.json()
    expect(await run(document, variables)).toEqual(data)
    return data
  }
  const visitScreens = async () => {
    const { countries } = await asked(TreeDocument)
    await asked(DevicesOfSiteDocument, { site: countries[0].sites[0].id })
    const { devices } = await asked(DeviceTableDocument, { first: 5, orderBy: { field: 'NAME' } })
    const { id } = devices.edges[0].node
    const { node } = await asked(DevicePageDocument, { id })
    // There are no more, and those that were shown stay.
    const probes = await run(MoreProbesOfDeviceDocument, { id, after: node.probes.pageInfo.endCursor })
    expect(probes).toMatchObject({ node: { probes: { edges: node.probes.edges } } })
    const changes = await run(MoreChangesOfDeviceDocument, { id, after: node.changes.pageInfo.endCursor })
    expect(changes).toMatchObject({ node: { changes: { edges: node.changes.edges } } })
    const { refreshes } = await asked(RefreshesDocument)
    await asked(RefreshPageDocument, { id: refreshes.edges[0].node.id, outcome: ['SUPPORTED'] })
    await asked(PlansAwaitingApprovalDocument)
  }
  await visitScreens()
  const events = (await follow(WatchResultsDocument, { id: await startRefresh() })) as {
    probeResults: { probes: unknown[] }
  }[]
  expect(events.flatMap(({ probeResults }) => probeResults.probes)).toHaveLength(DEVICES)
  await visitScreens()
  expect(warnings()).toEqual([])
})
