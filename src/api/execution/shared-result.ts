import type { ExecutionResult } from 'graphql'

/** A result that is written out once for all who are sent it. Its errors are fit for a client's eyes. */
export class SharedResult implements ExecutionResult {
  /** In the text; never here. */
  declare readonly errors?: never
  #result: ExecutionResult | undefined
  #text: string
  #serverSentEvent: Buffer | undefined

  /** For those who add to the result: parsed anew each time, as keeping it would take several times the text's memory. */
  declare readonly data: Exclude<ExecutionResult['data'], undefined>
  /** For the server library, which asks a result how it is written out. */
  readonly stringify = (): string => this.text

  /** @param text the result as JSON, if that is known already */
  constructor(result: ExecutionResult | undefined, text = '') {
    this.#result = result
    this.#text = text
    Object.defineProperties(this, {
      data: { enumerable: true, get: () => JSON.parse(this.text).data },
      stringify: { enumerable: false },
    })
  }

  /** A result without errors, from the JSON of its `data`. */
  static ofData(json: string): SharedResult {
    return new SharedResult(undefined, `{"data":${json}}`)
  }

  /** The same result with `extensions`, of which it has none so far; its data is not parsed for it. */
  withExtensions(extensions: object): SharedResult {
    const text = `${this.text.slice(0, -1)},"extensions":${JSON.stringify(extensions)}}`
    return new SharedResult(undefined, text)
  }

  /** As JSON. */
  get text(): string {
    if (this.#result) {
      this.#text = JSON.stringify(this.#result)
      this.#result = undefined
    }
    return this.#text
  }

  /** As an event of graphql-sse. Whoever sends it shares the bytes, and must not change them. */
  get serverSentEvent(): Buffer {
    this.#serverSentEvent ??= Buffer.from(`event: next\ndata: ${this.text}\n\n`)
    return this.#serverSentEvent
  }
}
