import { setTimeout as sleep } from 'node:timers/promises'
import type { Closable } from '../../base/close.ts'
import type { PgClient } from './pg-connections.ts'

/** How often the connection is used, to notice that it is gone, and how long an answer may take then. */
const CHECK_EVERY_MS = 1_000
const ANSWER_WITHIN_MS = 5_000
const RETRY_AFTER_MS = 1_000

export interface KeptConnectionOptions {
  connect: () => Promise<PgClient>
  /** Called on every new connection; if it rejects, the connection is given up and tried again later. */
  prepare: (client: PgClient) => Promise<void>
  /** Called when the server has not answered for 5 s, as it does if the network is cut. */
  onSilence?: () => void
}

/** A connection while it is there. */
export interface PgSession {
  client: PgClient
  /** Aborts when the connection is lost. */
  lost: AbortSignal
}

/**
 * A connection that is there for its session: what it holds or listens to ends with it. If it is lost, which
 * a query every second finds out, it is opened and prepared again.
 */
export class KeptConnection implements Closable {
  readonly #options: KeptConnectionOptions
  readonly #closing = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #session: PgSession | null = null

  private constructor(options: KeptConnectionOptions) {
    this.#options = options
  }

  /** Resolves once the connection is prepared for the first time. Rejects if that fails. */
  static async open(options: KeptConnectionOptions): Promise<KeptConnection> {
    const kept = new KeptConnection(options)
    const first = await kept.#prepared()
    kept.#running = kept.#keep(first)
    return kept
  }

  /** The connection, as far as is known; null while it is lost. */
  get session(): PgSession | null {
    return this.#session
  }

  /** Whether the session is there, as far as is known. */
  get isUp(): boolean {
    return this.#session !== null
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #prepared(): Promise<PgClient> {
    const client = await this.#options.connect()
    try {
      await this.#options.prepare(client)
    } catch (failure) {
      await client.end().catch(() => undefined)
      throw failure
    }
    return client
  }

  async #keep(first: PgClient): Promise<void> {
    for (let client: PgClient | null = first; ; client = await this.#prepared().catch(() => null)) {
      if (client !== null) await this.#useUntilLost(client)
      if (this.#closing.signal.aborted) return
      await this.#pause(RETRY_AFTER_MS)
      if (this.#closing.signal.aborted) return
    }
  }

  /** Resolves when the connection is lost, or closed. */
  async #useUntilLost(client: PgClient): Promise<void> {
    const lost = new AbortController()
    client.once('end', () => lost.abort())
    this.#session = { client, lost: lost.signal }
    lost.signal.addEventListener('abort', () => {
      this.#session = null
    })
    while (!this.#closing.signal.aborted && !lost.signal.aborted) {
      await this.#pause(CHECK_EVERY_MS, lost.signal)
      if (this.#closing.signal.aborted || lost.signal.aborted) break
      const answer = await answerOf(client)
      if (answer === 'NONE') this.#options.onSilence?.()
      if (answer !== 'GOOD') break
    }
    lost.abort()
    await endOf(client)
  }

  async #pause(ms: number, ...signals: AbortSignal[]): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, ...signals])
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

/** Asks the server something. Returns NONE if it has not answered in time. */
async function answerOf(client: PgClient): Promise<'GOOD' | 'FAILED' | 'NONE'> {
  const timer = new AbortController()
  const late = sleep(ANSWER_WITHIN_MS, undefined, { signal: timer.signal, ref: false }).catch(() => undefined)
  const answer = client.query('select 1').then(
    () => 'GOOD' as const,
    () => 'FAILED' as const,
  )
  try {
    return (await Promise.race([answer, late])) ?? 'NONE'
  } finally {
    timer.abort()
  }
}

/** Ends the connection, however the other side behaves. */
async function endOf(client: PgClient): Promise<void> {
  const timer = new AbortController()
  const late = sleep(ANSWER_WITHIN_MS, undefined, { signal: timer.signal, ref: false }).catch(() => undefined)
  await Promise.race([client.end().catch(() => undefined), late])
  timer.abort()
}
