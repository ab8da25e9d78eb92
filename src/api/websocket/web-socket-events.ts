import { withCleanUp } from '../../base/with-clean-up.ts'
import { SharedResult } from '../execution/shared-result.ts'

/** Yields the one result of a query, so that it is sent like those of a subscription. */
export async function* resultsOf<R>(result: R): AsyncGenerator<R, void> {
  yield result
}

/**
 * Sends the shared results of an operation as messages of graphql-transport-ws. The protocol's own server
 * would write each one again for every subscriber. The next result is requested after the one before was
 * sent. Results that are not shared, and the end, are passed on for that server to send.
 */
export function sendShared<R>(
  id: string,
  results: AsyncGenerator<R, unknown>,
  send: (...parts: (string | Buffer)[]) => Promise<void>,
): AsyncGenerator<R, void> {
  const start = `{"id":${JSON.stringify(id)},"type":"next","payload":`
  return withCleanUp(results, {
    async next() {
      for (;;) {
        const step = await results.next()
        if (step.done || !(step.value instanceof SharedResult)) return step
        // The bytes of a large result are shared by all who are sent it.
        const { json } = step.value
        await (typeof json === 'string' ? send(`${start}${json}}`) : send(start, json, '}'))
      }
    },
  })
}
