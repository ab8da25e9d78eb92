import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import pg from 'pg'
import type { Closable } from '../../../src/base/close.ts'
import { isPostgresUrl } from '../../../src/config/postgres-url.ts'

/** Looks up the last sequence number of a refresh; null if it has no results yet. */
interface LastSeq extends Closable {
  /** How often to look. PostgreSQL is asked less often, because each look takes time from its processes. */
  everyMs: number
  look(): Promise<number | null>
}

/**
 * Learns from the database itself when each result of a refresh is committed: a reader of its own looks again and
 * again, which hinders no writer. What it learns is the last moment at which a result was not there yet, so a latency
 * that is counted from it is never too short, and too long by one look at most.
 */
export class CommitTimes implements Closable {
  readonly #lastSeq: LastSeq
  /** Epoch milliseconds by seq. */
  readonly #notBefore: number[] = []
  readonly #closing = new AbortController()
  readonly #looking: Promise<void>

  private constructor(lastSeq: LastSeq) {
    this.#lastSeq = lastSeq
    this.#looking = this.#look()
  }

  /**
   * @param database the path of a SQLite file, or the URL of a PostgreSQL database
   * @param refreshId the id of the row
   */
  static async open(database: string, refreshId: number): Promise<CommitTimes> {
    return new CommitTimes(
      isPostgresUrl(database) ? await inPostgres(database, refreshId) : inSqlite(database, refreshId),
    )
  }

  /** The last moment at which the result was seen not to be there; undefined where it never came. */
  notBefore(seq: number): number | undefined {
    return this.#notBefore[seq]
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#looking
    await this.#lastSeq.close()
  }

  async #look(): Promise<void> {
    for (let lookedAt = Date.now(); !this.#closing.signal.aborted; ) {
      const now = Date.now()
      const lastSeq = await this.#lastSeq.look()
      for (let seq = Math.max(1, this.#notBefore.length); seq <= (lastSeq ?? 0); seq += 1) {
        this.#notBefore[seq] = lookedAt
      }
      lookedAt = now
      await sleep(this.#lastSeq.everyMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }
}

function inSqlite(path: string, refreshId: number): LastSeq {
  const sqlite = new Sqlite(path, { readonly: true })
  const statement = sqlite.prepare<[number], { lastSeq: number | null }>(
    'select max(seq) as lastSeq from probes where refresh_id = ?',
  )
  return {
    everyMs: 5,
    look: async () => statement.get(refreshId)?.lastSeq ?? null,
    close: async () => void sqlite.close(),
  }
}

async function inPostgres(url: string, refreshId: number): Promise<LastSeq> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const statement = {
    name: 'last seq',
    text: 'select max(seq)::int as "lastSeq" from probes where refresh_id = $1',
    values: [refreshId],
  }
  return {
    everyMs: 20,
    look: async () => {
      const { rows } = await client.query<{ lastSeq: number | null }>(statement)
      return rows[0]?.lastSeq ?? null
    },
    close: () => client.end(),
  }
}
