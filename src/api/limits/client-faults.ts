import type { Closable } from '../../base/close.ts'
import type { LogEvent, Logger } from '../../base/log.ts'
import { networkOf } from './address-shares.ts'

const WINDOW_MS = 60_000
/** Log lines about one client per window. */
const LINES = 5
/** Clients that are counted separately per window; all others count as one. */
const CLIENTS = 256
const OTHERS = 'others'

/** A kind of fault: the event and the message of its line in the log. */
export interface ClientFault {
  event: LogEvent
  message: string
}

/**
 * Logs the faults of clients, without a stack trace. A client that keeps making them gets a few lines a
 * minute, and one more line that says how many were left out.
 */
export class ClientFaults implements Closable {
  readonly #log: Logger
  /** Faults in this minute, by the client's network. */
  readonly #counts = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  /** @param reason what was wrong; at most 200 characters of it are logged */
  note(address: string, { event, message }: ClientFault, reason: string): void {
    const network = networkOf(address)
    const client = this.#counts.has(network) || this.#counts.size < CLIENTS ? network : OTHERS
    const count = (this.#counts.get(client) ?? 0) + 1
    this.#counts.set(client, count)
    this.#timer ??= setTimeout(() => this.#endWindow(), WINDOW_MS).unref()
    if (count <= LINES) this.#log.warn({ event, address, reason: reason.slice(0, 200) }, message)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#endWindow()
  }

  #endWindow(): void {
    this.#timer = undefined
    const leftOut = [...this.#counts].filter(([, count]) => count > LINES)
    this.#counts.clear()
    if (leftOut.length === 0) return
    const lines = leftOut.reduce((sum, [, count]) => sum + count - LINES, 0)
    const addresses = leftOut.map(([client]) => client).slice(0, LINES)
    this.#log.warn(
      { event: 'client.faults_left_out', leftOut: lines, clients: leftOut.length, addresses },
      'further faults of clients were not logged',
    )
  }
}
