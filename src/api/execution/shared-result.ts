import type { ExecutionResult } from 'graphql'

/** JSON of more bytes is kept as bytes: to encode it again for each client would block the thread. */
const MAX_TEXT = 64 * 1024

const EVENT = Buffer.from('event: next\ndata: ')
const EVENT_END = Buffer.from('\n\n')

/** A result that is serialized once for all who receive it. Its errors are masked already. */
export class SharedResult implements ExecutionResult {
  /** Errors are only in the JSON. */
  declare readonly errors?: never
  #result: ExecutionResult | undefined
  #json: string | Buffer = ''
  #serverSentEvent: Buffer | undefined

  /** Parsed from the JSON each time, because keeping it would take several times the memory of the JSON. */
  declare readonly data: Exclude<ExecutionResult['data'], undefined>
  /**
   * Serializes the result for the server library. Contrary to its type, the library also takes bytes, and
   * sends them as they are.
   */
  readonly stringify = (): string => this.json as string

  /** @param json the bytes of the result as JSON, if they are known already */
  constructor(result: ExecutionResult | undefined, json?: Buffer) {
    this.#result = result
    if (json) this.#json = json.length > MAX_TEXT ? json : json.toString()
    Object.defineProperties(this, {
      data: { enumerable: true, get: () => JSON.parse(String(this.json)).data },
      stringify: { enumerable: false },
    })
  }

  /** Returns the same result with `extensions`, which it must not have yet. The data is not parsed. */
  withExtensions(extensions: object): SharedResult {
    const end = Buffer.from(`,"extensions":${JSON.stringify(extensions)}}`)
    return new SharedResult(undefined, Buffer.concat([this.#bytes().subarray(0, -1), end]))
  }

  /** The result as JSON: a text, or bytes if it is large. The bytes are shared, so nobody may change them. */
  get json(): string | Buffer {
    if (this.#result) {
      const text = JSON.stringify(this.#result)
      this.#json = text.length > MAX_TEXT ? Buffer.from(text) : text
      this.#result = undefined
    }
    return this.#json
  }

  /** The result as an event of graphql-sse. The bytes are shared, so nobody may change them. */
  get serverSentEvent(): Buffer {
    this.#serverSentEvent ??= Buffer.concat([EVENT, this.#bytes(), EVENT_END])
    return this.#serverSentEvent
  }

  #bytes(): Buffer {
    const { json } = this
    return typeof json === 'string' ? Buffer.from(json) : json
  }
}
