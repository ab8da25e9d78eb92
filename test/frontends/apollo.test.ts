import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, Observable } from '@apollo/client'
import { print } from 'graphql'
import { type Client, type ClientOptions, createClient } from 'graphql-sse'
import { describe, expect, it } from 'vitest'
import { WatchProgressDocument } from './src/gql/graphql.ts'
import { startGateway } from './support/gateway.ts'

/** The link in graphql-sse's documentation, which sends all properties of the operation. */
class PublishedLink extends ApolloLink {
  private readonly client: Client

  constructor(options: ClientOptions) {
    super()
    this.client = createClient(options)
  }

  override request(operation: ApolloLink.Operation): Observable<ApolloLink.Result> {
    return new Observable((sink) =>
      this.client.subscribe(
        { ...operation, query: print(operation.query) },
        {
          next: sink.next.bind(sink) as (value: unknown) => void,
          complete: sink.complete.bind(sink),
          error: sink.error.bind(sink),
        },
      ),
    )
  }
}

describe('Apollo Client', () => {
  it('subscribes with the link that graphql-sse publishes', async () => {
    const { url, token, startRefresh } = await startGateway()
    const link = new PublishedLink({ url, headers: { authorization: `Bearer ${token}` } })
    const client = new ApolloClient({ link, cache: new InMemoryCache() })
    const states: unknown[] = []
    const id = await startRefresh()
    await client.subscribe({ query: WatchProgressDocument, variables: { id } }).forEach(({ data, error }) => {
      if (error) throw error
      states.push(data?.refreshProgress.state)
    })
    expect(states.at(-1)).toBe('COMPLETED')
  })

  it('gets an error that says how to subscribe if it uses its HttpLink', async () => {
    const { url, token } = await startGateway()
    const link = new HttpLink({ uri: url, headers: { authorization: `Bearer ${token}` } })
    const client = new ApolloClient({ link, cache: new InMemoryCache() })
    const failures: unknown[] = []
    await client.subscribe({ query: gql`subscription { refreshes { state } }` }).forEach(({ error }) => {
      failures.push(error?.message)
    })
    expect(failures).toEqual([expect.stringContaining('Accept text/event-stream, as graphql-sse does')])
  })
})
