import Sqlite from 'better-sqlite3'
import type { Closable } from '../../../src/base/close.ts'

/** How often the database is looked at. */
const LOOK_EVERY_MS = 5

/**
 * Learns from the database itself when each result of a refresh is committed: a reader of its own looks again and
 * again, which in WAL mode hinders no writer. What it learns is the last moment at which a result was not there yet, so
 * a latency that is counted from it is never too short, and too long by one look at most.
 */
export class CommitTimes implements Closable {
  readonly #sqlite: Sqlite.Database
  readonly #lastSeq: Sqlite.Statement<[number], { lastSeq: number | null }>
  readonly #timer: NodeJS.Timeout
  readonly #refreshId: number
  /** Epoch milliseconds by seq. */
  readonly #notBefore: number[] = []
  #lookedAt = Date.now()

  /** @param refreshId the id of the row */
  constructor(database: string, refreshId: number) {
    this.#sqlite = new Sqlite(database, { readonly: true })
    this.#lastSeq = this.#sqlite.prepare('select max(seq) as lastSeq from probes where refresh_id = ?')
    this.#refreshId = refreshId
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  /** The last moment at which the result was seen not to be there; undefined where it never came. */
  notBefore(seq: number): number | undefined {
    return this.#notBefore[seq]
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#sqlite.close()
  }

  #look(): void {
    const now = Date.now()
    const { lastSeq } = this.#lastSeq.get(this.#refreshId) ?? { lastSeq: null }
    for (let seq = Math.max(1, this.#notBefore.length); seq <= (lastSeq ?? 0); seq += 1) {
      this.#notBefore[seq] = this.#lookedAt
    }
    this.#lookedAt = now
  }
}
