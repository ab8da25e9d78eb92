import { setTimeout as sleep } from 'node:timers/promises'
import type { Closable } from '../../../src/base/close.ts'
import { type Answer, post } from '../../support/graphql-answer.ts'
import { SseResults } from '../support/sse-results.ts'

/** What an operations screen asks for again and again. */
const QUERIES: readonly string[] = [
  '{ summary { devices supported byOutcome { outcome count } } }',
  '{ devices(first: 50) { nodes { id name address lastProbe { outcome phase message } } pageInfo { endCursor } } }',
  '{ countries { name sites { name } } }',
  '{ refreshes(first: 5) { nodes { id state progress { total done byOutcome { outcome count } } } } }',
  '{ gateway { budgets { name inUse limit } } }',
]
const RESULTS =
  'subscription ($id: ID!) { probeResults(refreshId: $id) { cursor probes { id outcome device { name } } } }'
/** Streams that stay open over all cycles. */
const LASTING: readonly string[] = [
  'subscription { summary { devices supported } }',
  'subscription { deviceChanges { id name } }',
]
const MAX_KEPT_ERRORS = 20

/** Whether one subscriber got each result of a refresh once, in order, and the end. */
export interface FollowedRefresh {
  received: number
  repeated: number
  gaps: number
}

/** Clients that query and subscribe until they are closed; what goes wrong is counted, and ends nothing. */
export class SoakClients implements Closable {
  readonly #url: string
  readonly #end = new AbortController()
  readonly #running: Promise<void>[] = []
  /** The first ones, as sentences. */
  readonly errors: string[] = []
  errorCount = 0
  queries = 0
  lastingEvents = 0

  /** @param perSecond queries a second of all clients together */
  constructor(url: string, { perSecond }: { perSecond: number }) {
    this.#url = url
    this.#running.push(this.#query(perSecond))
    for (const document of LASTING) this.#running.push(this.#keepOpen(document))
  }

  /** Subscribes to a refresh so many times; resolves when each stream has ended. */
  async follow(refreshId: string, subscribers: number): Promise<FollowedRefresh[]> {
    const results = new SseResults()
    const follow = async (): Promise<FollowedRefresh> => {
      const stream = results.stream()
      try {
        for await (const chunk of await this.#events(RESULTS, { id: refreshId }))
          stream.read(Buffer.from(chunk))
      } catch (failure) {
        this.#fail(`probeResults: ${failure}`)
      }
      const { received, repeated, gaps } = stream
      return { received, repeated, gaps }
    }
    return await Promise.all(Array.from({ length: subscribers }, follow))
  }

  async close(): Promise<void> {
    this.#end.abort()
    await Promise.all(this.#running)
  }

  /** One query after the other, at the rate of `perSecond` unless the gateway is slower. */
  async #query(perSecond: number): Promise<void> {
    const { signal } = this.#end
    for (let turn = 0; !signal.aborted; turn += 1) {
      const due = performance.now() + 1000 / perSecond
      const query = QUERIES[turn % QUERIES.length] ?? ''
      try {
        const { errors } = (await (await post(this.#url, query)).json()) as Answer
        if (errors) this.#fail(`${query}: ${errors[0]?.message}`)
      } catch (failure) {
        this.#fail(`${query}: ${failure}`)
      }
      this.queries += 1
      await sleep(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => undefined)
    }
  }

  async #keepOpen(document: string): Promise<void> {
    try {
      for await (const chunk of await this.#events(document, {})) {
        const text = Buffer.from(chunk).toString('latin1')
        this.lastingEvents += text.split('event: next').length - 1
        if (text.includes('"errors":')) this.#fail(`${document}: ${text.slice(0, 300)}`)
      }
      this.#fail(`${document}: the stream has ended.`)
    } catch (failure) {
      if (!this.#end.signal.aborted) this.#fail(`${document}: ${failure}`)
    }
  }

  async #events(query: string, variables: object): Promise<AsyncIterable<Uint8Array>> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables }),
      signal: this.#end.signal,
    })
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`)
    return response.body
  }

  #fail(text: string): void {
    this.errorCount += 1
    if (this.errors.length < MAX_KEPT_ERRORS) this.errors.push(text)
  }
}
