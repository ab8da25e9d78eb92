import type { ExecutionResult } from 'graphql'

/** The result of one event, written out once for all who are sent it. Its errors are fit for a client's eyes. */
export class SharedResult implements ExecutionResult {
  /** In the text; never here. */
  declare readonly errors?: never
  #result: ExecutionResult | undefined
  #text = ''
  #serverSentEvent: Buffer | undefined

  constructor(result: ExecutionResult) {
    this.#result = result
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
