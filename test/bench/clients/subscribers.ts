import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { SseResults } from '../support/sse-results.ts'
import type { SubscriberReport, SubscribersJob, SubscribersReport } from '../support/subscriber-messages.ts'

// The process that holds the subscribers of bench:subscribers: gets a job, then the word that the refresh has ended,
// and answers with what came. It is to cost little, for it runs on the machine that is measured.

const DOCUMENT =
  'subscription ($id: ID!) { probeResults(refreshId: $id) { cursor probes { id outcome device { name } } } }'
/** Opened at a time, so that the connections are not what is measured. */
const OPENED_AT_ONCE = 20
/** What a stream may need after the end of the refresh. */
const PATIENCE_MS = 30_000

const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })
const results = new SseResults()
const deliveries: number[] = []
const subscribers: Subscriber[] = []
let bytes = 0

class Subscriber {
  readonly #number: number
  readonly #stream = results.stream()
  readonly ended = Promise.withResolvers<void>()
  #openedAt: number | null = null
  #hasEnded = false

  constructor(number: number) {
    this.#number = number
  }

  /** Resolves once the answer begins. */
  open({ url, refreshId }: SubscribersJob): Promise<void> {
    return new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
      const asking = request(url, { method: 'POST', agent, headers })
      asking.once('response', (response) => {
        this.#read(response)
        resolve()
      })
      asking.once('error', () => {
        this.ended.resolve()
        resolve()
      })
      asking.end(JSON.stringify({ query: DOCUMENT, variables: { id: refreshId } }))
    })
  }

  report(): SubscriberReport {
    const { received, repeated, gaps } = this.#stream
    return { openedAt: this.#openedAt, received, repeated, gaps, ended: this.#hasEnded }
  }

  #read(response: IncomingMessage): void {
    if (response.statusCode === 200) this.#openedAt = Date.now()
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      const now = Date.now()
      for (const { firstSeq, lastSeq } of this.#stream.read(chunk)) {
        deliveries.push(this.#number, now, firstSeq, lastSeq)
      }
    })
    response.once('end', () => {
      this.#hasEnded = true
    })
    response.once('error', () => undefined)
    response.once('close', () => this.ended.resolve())
  }
}

process.once('message', async (job: SubscribersJob) => {
  while (subscribers.length < job.subscribers) {
    const count = Math.min(OPENED_AT_ONCE, job.subscribers - subscribers.length)
    const opened = Array.from({ length: count }, (_, index) => new Subscriber(subscribers.length + index))
    subscribers.push(...opened)
    await Promise.all(opened.map((subscriber) => subscriber.open(job)))
  }
  process.send?.('open')
  process.once('message', () => void report())
})
process.once('disconnect', () => process.exit())

async function report(): Promise<void> {
  const allEnded = Promise.all(subscribers.map(({ ended }) => ended.promise))
  await Promise.race([allEnded, sleep(PATIENCE_MS, undefined, { ref: false })])
  const answer: SubscribersReport = {
    subscribers: subscribers.map((subscriber) => subscriber.report()),
    deliveries: Float64Array.from(deliveries),
    bytes,
  }
  process.send?.(answer)
}
