import { Readable } from 'node:stream'
import { SharedResult } from '../execution/shared-result.ts'

const KEEP_ALIVE_MS = 12_000
const COMMENT = Buffer.from(':\n\n')
const COMPLETE = Buffer.from('event: complete\ndata:\n\n')

/**
 * The results of a subscription in the distinct connections mode of graphql-sse. The next one is asked for when the
 * one before is on its way, so that for who reads slowly there is never more than one in memory.
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
      // Not one that a client is told of, which would be a result: to the client the connection breaks off.
      () => this.push(null),
    )
  }

  override _destroy(failure: Error | null, callback: (failure: Error | null) => void): void {
    clearInterval(this.#keepAlive)
    // Whoever is gone is not to hear how that ended.
    this.#results.return?.().catch(() => undefined)
    callback(failure)
  }

  #startToKeepAlive(): NodeJS.Timeout {
    // Some browsers do not take note of a response before its first byte.
    this.push(COMMENT)
    return setInterval(() => {
      // Where an event is on its way, the connection is in use.
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
