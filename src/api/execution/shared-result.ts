import type { ExecutionResult } from 'graphql'

/** A result that is serialized once for all who receive it. Its errors are masked already. */
export class SharedResult implements ExecutionResult {
  /** Errors are only in the text. */
  declare readonly errors?: never
  #result: ExecutionResult | undefined
  #text: string
  #serverSentEvent: Buffer | undefined

  /** Parsed from the text each time, because keeping it would take several times the memory of the text. */
  declare readonly data: Exclude<ExecutionResult['data'], undefined>
  /** Called by the server library to serialize the result. */
  readonly stringify = (): string => this.text

  /** @param text the result as JSON, if it is known already */
  constructor(result: ExecutionResult | undefined, text = '') {
    this.#result = result
    this.#text = text
    Object.defineProperties(this, {
      data: { enumerable: true, get: () => JSON.parse(this.text).data },
      stringify: { enumerable: false },
    })
  }

  /** Returns a result without errors from the JSON of its `data`. */
  static ofData(json: string): SharedResult {
    return new SharedResult(undefined, `{"data":${json}}`)
  }

  /** Returns the same result with `extensions`, which it must not have yet. The data is not parsed. */
  withExtensions(extensions: object): SharedResult {
    const text = `${this.text.slice(0, -1)},"extensions":${JSON.stringify(extensions)}}`
    return new SharedResult(undefined, text)
  }

  /** The result as JSON. */
  get text(): string {
    if (this.#result) {
      this.#text = JSON.stringify(this.#result)
      this.#result = undefined
    }
    return this.#text
  }

  /** The result as an event of graphql-sse. The bytes are shared, so nobody may change them. */
  get serverSentEvent(): Buffer {
    this.#serverSentEvent ??= Buffer.from(`event: next\ndata: ${this.text}\n\n`)
    return this.#serverSentEvent
  }
}
