import { setTimeout as sleep } from 'node:timers/promises'
import { post } from '../../support/graphql-answer.ts'

/** To decompress an answer takes this process as long as the gateway needs to make it. */
const UNCOMPRESSED = { 'accept-encoding': 'identity' }

/** A query that a frontend would send again and again. */
interface LoadQuery {
  name: string
  query: string
}

/**
 * Sends the query at a fixed rate, whether the one before is answered or not, until the signal aborts. Returns how long each
 * answer took in milliseconds, to its last byte.
 *
 * @throws where one is answered with an error
 */
export async function queryLatencies(
  url: string,
  query: LoadQuery,
  { perSecond, signal }: { perSecond: number; signal: AbortSignal },
): Promise<number[]> {
  const latencies: number[] = []
  const underWay: Promise<void>[] = []
  const begun = performance.now()
  for (let sent = 0; !signal.aborted; sent += 1) {
    const answered = latencyOf(url, query).then((latencyMs) => {
      latencies.push(latencyMs)
    })
    // Told by the `all` below.
    answered.catch(() => undefined)
    underWay.push(answered)
    // From the beginning, not from the last: who is late sends the next ones on time.
    const due = begun + ((sent + 1) * 1000) / perSecond
    await sleep(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => undefined)
  }
  await Promise.all(underWay)
  return latencies
}

async function latencyOf(url: string, { name, query }: LoadQuery): Promise<number> {
  const begun = performance.now()
  const response = await post(url, query, {}, UNCOMPRESSED)
  const answer = await response.text()
  const latencyMs = performance.now() - begun
  if (!answer.startsWith('{"data"'))
    throw new Error(`The answer to "${name}" has errors: ${answer.slice(0, 500)}`)
  return latencyMs
}
