import { Client, type CombinedError, fetchExchange, mapExchange } from '@urql/core'
import type { TypedDocumentString } from './generated.ts'
import { authorization, signOut } from './session.ts'

/**
 * No cache: what the network answers changes all the time, so each page asks again, and keeps what it showed
 * until the answer is there.
 */
export const client = new Client({
  url: '/graphql',
  fetchOptions: () => ({ headers: authorization() }),
  preferGetMethod: false,
  // Over Server-Sent Events.
  fetchSubscriptions: true,
  requestPolicy: 'network-only',
  exchanges: [
    mapExchange({
      onError(error) {
        if (codeOf(error) === 'UNAUTHENTICATED') signOut(messageOf(error))
      },
    }),
    fetchExchange,
  ],
})

/** The `extensions.code` of the first error; undefined if the failure is not an answer of the gateway. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as Partial<CombinedError>).graphQLErrors?.[0]?.extensions.code
  return typeof code === 'string' ? code : undefined
}

/** Describes a failure for a person. */
export function messageOf(error: unknown): string {
  const { graphQLErrors, networkError } = error as Partial<CombinedError>
  if (graphQLErrors?.[0]) return graphQLErrors[0].message
  if (networkError) return 'The gateway does not answer. The page tries again by itself.'
  return error instanceof Error ? error.message : String(error)
}

/** Runs a query or mutation. Rejects with a CombinedError; see `messageOf`. */
export async function ask<Data, Variables extends object>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const text = document.toString()
  const isMutation = text.trimStart().startsWith('mutation')
  const sent = isMutation ? client.mutation<Data>(text, variables) : client.query<Data>(text, variables)
  const { data, error } = await sent.toPromise()
  if (error) throw error
  if (data === undefined) throw new Error('The gateway answered nothing.')
  return data
}
