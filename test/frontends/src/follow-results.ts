import { print } from 'graphql'
import { WatchResultsDocument, type WatchResultsSubscription } from './gql/graphql.ts'
import type { Subscribe } from './subscriptions.ts'

type Result = WatchResultsSubscription['probeResults']['probes'][number]

/** Tells each result of a refresh once, also if connections are lost meanwhile, and resolves at its end. */
export function followResults(
  subscribe: Subscribe,
  id: string,
  tell: (result: Result) => void,
): Promise<void> {
  // After a lost connection the client subscribes again, with the variables as they are by then.
  const variables: { id: string; after?: string } = { id }
  return new Promise((resolve, reject) => {
    subscribe(
      { query: print(WatchResultsDocument), variables },
      {
        next({ data, errors }: { data?: WatchResultsSubscription; errors?: { message: string }[] }) {
          if (!data) return reject(new Error(errors?.[0]?.message))
          variables.after = data.probeResults.cursor
          for (const result of data.probeResults.probes) tell(result)
        },
        error: reject,
        complete: resolve,
      },
    )
  })
}
