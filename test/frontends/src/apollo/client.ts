import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { relayStylePagination } from '@apollo/client/utilities'
import { type DocumentNode, OperationTypeNode, print } from 'graphql'
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

export function createApolloClient({ url, token, subscribe, persisted = false }: Options): ApolloClient {
  const http = new HttpLink({ uri: url, headers: token ? { authorization: `Bearer ${token}` } : {} })
  const links = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    subscriptionLink(subscribe),
    http,
  )
  const link = persisted ? new PersistedQueryLink({ generateHash: hashOf }).concat(links) : links
  return new ApolloClient({ link, cache: createCache() })
}

function subscriptionLink(subscribe: Subscribe): ApolloLink {
  return new ApolloLink((operation) => {
    const { query, variables, extensions } = operation
    const text = operation.getContext().http?.includeQuery === false ? '' : print(query)
    return new Observable((sink) => subscribe({ query: text, variables, extensions }, sink))
  })
}

/** Returns the hash that GraphQL Code Generator wrote into a document. */
function hashOf(document: DocumentNode): string {
  return (document as DocumentNode & { __meta__: { hash: string } }).__meta__.hash
}

function createCache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: {
      Query: {
        fields: {
          // The arguments that choose another list, unlike those that choose a page of it.
          devices: relayStylePagination(['filter', 'orderBy']),
          refreshes: relayStylePagination(['state']),
          syncPlans: relayStylePagination(['state']),
        },
      },
      Device: { fields: { probes: relayStylePagination(), changes: relayStylePagination() } },
      Refresh: { fields: { probes: relayStylePagination(['outcome']) } },
      // Each event takes the place of the one before.
      Subscription: { fields: { deviceChanges: { merge: false } } },
      RefreshProgress: { keyFields: ['refreshId'] },
      // These have no id. Operations that select different fields of one add to each other.
      InventorySummary: { merge: true },
      DeviceFacts: { merge: true },
    },
  })
}
