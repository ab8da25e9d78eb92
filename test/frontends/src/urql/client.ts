import { Client, fetchExchange, subscriptionExchange, type TypedDocumentNode } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { persistedExchange } from '@urql/exchange-persisted'
import type { Subscribe } from '../subscriptions.ts'

interface Options {
  /** `http://127.0.0.1:4000/graphql`, or `/graphql` with the proxy of Vite. */
  url: string
  token?: string
  /** `overSse(url, token)` or `overWebSocket(url, token)`. */
  subscribe: Subscribe
  /** Whether to send the ids of persisted operations instead of their texts. */
  persisted?: boolean
}

export function createUrqlClient({ url, token, subscribe, persisted = false }: Options): Client {
  return new Client({
    url,
    fetchOptions: { headers: token ? { authorization: `Bearer ${token}` } : {} },
    exchanges: [
      createCache(),
      ...(persisted ? [ids] : []),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {}, extensions = {} }) => ({
          subscribe: (sink) => ({ unsubscribe: subscribe({ query, variables, extensions }, sink) }),
        }),
      }),
    ],
  })
}

/** Sends the hashes that GraphQL Code Generator wrote into the documents. */
const ids = persistedExchange({
  generateHash: async (_query, document: TypedDocumentNode & { __meta__?: { hash: string } }) =>
    document.__meta__?.hash,
  enforcePersistedQueries: true,
  enableForMutation: true,
  enableForSubscriptions: true,
})

function createCache() {
  // Types without an id are kept with the object around them.
  const withoutId = () => null
  return cacheExchange({
    keys: {
      Capability: withoutId,
      DeviceFacts: withoutId,
      FieldChange: withoutId,
      HostKey: withoutId,
      InventorySummary: withoutId,
      NegotiatedAlgorithms: withoutId,
      OutcomeCount: withoutId,
      ProbeResultBatch: withoutId,
      RefreshProgress: ({ refreshId }) => String(refreshId),
      RefreshScope: withoutId,
      RejectedRecord: withoutId,
    },
    resolvers: {
      Query: { devices: relayPagination(), refreshes: relayPagination(), syncPlans: relayPagination() },
      Device: { probes: relayPagination(), changes: relayPagination() },
      Refresh: { probes: relayPagination() },
    },
  })
}
