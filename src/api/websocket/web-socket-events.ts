import { SharedResult } from '../execution/shared-result.ts'

/** The one result of a query, to be sent as those of a subscription are. */
export async function* resultsOf<R>(result: R): AsyncGenerator<R, void> {
  yield result
}

/**
 * Sends the shared results of an operation as messages of graphql-transport-ws, whose own server would write each
 * out anew for every subscriber. The next one is asked for when the one before is on its way. What is left for that
 * server to send is what is not shared, and the end.
 */
export function sendShared<R>(
  id: string,
  results: AsyncGenerator<R, unknown>,
  send: (text: string) => Promise<void>,
): AsyncGenerator<R, unknown> {
  const start = `{"id":${JSON.stringify(id)},"type":"next","payload":`
  return {
    async next() {
      for (;;) {
        const step = await results.next()
        if (step.done || !(step.value instanceof SharedResult)) return step
        try {
          await send(`${start}${step.value.text}}`)
        } catch (failure) {
          // Whoever asks for the next takes one that throws for ended, and would not end what is behind it.
          await results.return(undefined)
          throw failure
        }
      }
    },
    return: (value) => results.return(value),
    throw: (thrown) => results.throw(thrown),
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined)
    },
  }
}
