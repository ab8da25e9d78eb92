import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-sse'

const RESULTS = `subscription ($id: ID!, $after: String) {
  probeResults(refreshId: $id, after: $after) { cursor probes { device { id } } }
}`
const RECONNECT_AFTER_MS = 100

interface ResultsEvent {
  data?: { probeResults: { cursor: string; probes: { device: { id: string } }[] } } | null
  errors?: readonly unknown[]
}

/**
 * A client that follows the results of a refresh. When its stream is cut, it continues at the other API process,
 * with the last cursor that it has got.
 */
export class ResultFollower {
  readonly #clients: readonly [Client, Client]
  readonly #refreshId: string
  readonly #devices = new Set<string>()
  #at: 0 | 1
  #cursor: string | null
  #received = 0
  #cuts = 0

  /**
   * @param options.urls of GraphQL at both API processes
   * @param options.first the index of the one to begin at
   * @param options.after a cursor. Default: null, the first result.
   */
  constructor(options: {
    urls: readonly [string, string]
    first: 0 | 1
    refreshId: string
    after?: string | null
  }) {
    const [one, other] = options.urls
    this.#clients = [clientOf(one), clientOf(other)]
    this.#at = options.first
    this.#refreshId = options.refreshId
    this.#cursor = options.after ?? null
  }

  /** That of the last event; null before the first. */
  get cursor(): string | null {
    return this.#cursor
  }

  /** The results so far. */
  get received(): number {
    return this.#received
  }

  /** The devices with a result so far. */
  get devices(): number {
    return this.#devices.size
  }

  /** How often its stream was cut, or could not be opened. */
  get cuts(): number {
    return this.#cuts
  }

  /** Resolves once a stream is complete. Rejects when `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const onAbort = () => {
      for (const client of this.#clients) client.dispose()
    }
    signal.addEventListener('abort', onAbort)
    try {
      while (!(await this.#followOnce().catch(() => false))) {
        signal.throwIfAborted()
        this.#cuts += 1
        this.#at = this.#at === 0 ? 1 : 0
        await sleep(RECONNECT_AFTER_MS, undefined, { signal })
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      onAbort()
    }
  }

  /** Returns whether the server has completed the stream. */
  async #followOnce(): Promise<boolean> {
    const variables = { id: this.#refreshId, after: this.#cursor }
    const events = this.#clients[this.#at].iterate({ query: RESULTS, variables })
    for await (const { data, errors } of events as AsyncIterable<ResultsEvent>) {
      if (errors || !data) return false
      const { cursor, probes } = data.probeResults
      this.#cursor = cursor
      this.#received += probes.length
      for (const { device } of probes) this.#devices.add(device.id)
    }
    return true
  }
}

function clientOf(url: string): Client {
  return createClient({ url, retryAttempts: 0 })
}
