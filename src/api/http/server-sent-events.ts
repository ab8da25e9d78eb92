import { Readable } from 'node:stream'
import { SharedResult } from '../execution/shared-result.ts'

const KEEP_ALIVE_MS = 12_000
const COMMENT = Buffer.from(':\n\n')
const COMPLETE = Buffer.from('event: complete\ndata:\n\n')

/**
 * Sends the results of a subscription in the distinct connections mode of graphql-sse. The next result is
 * requested after the one before was sent, so a slow reader holds at most one in memory.
 */
export class ServerSentEvents extends Readable {
  readonly #results: AsyncIterator<unknown>
  #keepAlive: NodeJS.Timeout | undefined
  #isWaiting = false

  constructor(results: AsyncIterable<unknown>) {
    super({ highWaterMark: 0 })
    this.#results = results[Symbol.asyncIterator]()
  }

  override _read(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#keepAlive ??= this.#startToKeepAlive()
    this.#results.next().then(
      ({ done, value }) => {
        this.#isWaiting = false
        if (this.destroyed) return
        if (value) this.push(bytesOf(value))
        if (done) this.#complete()
      },
      // The failure is not a result that a client could receive, so the connection breaks off.
      () => this.push(null),
    )
  }

  override _destroy(failure: Error | null, callback: (failure: Error | null) => void): void {
    clearInterval(this.#keepAlive)
    // Nobody is left to receive a failure.
    this.#results.return?.().catch(() => undefined)
    callback(failure)
  }

  #startToKeepAlive(): NodeJS.Timeout {
    // Some browsers ignore a response until its first byte.
    this.push(COMMENT)
    return setInterval(() => {
      // While an event is being sent, the connection is in use anyway.
      if (this.#isWaiting) this.push(COMMENT)
    }, KEEP_ALIVE_MS)
  }

  #complete(): void {
    this.push(COMPLETE)
    this.push(null)
  }
}

function bytesOf(result: unknown): Buffer {
  if (result instanceof SharedResult) return result.serverSentEvent
  return Buffer.from(`event: next\ndata: ${JSON.stringify(result)}\n\n`)
}
