import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Closable } from '../../base/close.ts'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { ElectionOptions } from '../opening/shared-database.ts'
import type { Database } from '../tables/database.ts'
import { beginTerm, endTerm, type Fence } from './engine-term.ts'
import { KeptConnection, type PgSession } from './kept-connection.ts'
import type { PgClient } from './pg-connections.ts'
import { endIdleHolder, tryLock, unlock } from './postgres-lock.ts'

const TRY_EVERY_MS = 500
/** How often a candidate that waits looks whether the engine still uses its connection. */
const LOOK_EVERY_MS = 5_000

/**
 * What an engine that was cut off has to stop. It notices at once that its connection was closed, and sees
 * that it no longer answers after some seconds, long before the server releases its lock.
 */
const STAND_OFF_MS = 1_000

export interface ElectionContext {
  connect: () => Promise<PgClient>
  db: Kysely<Database>
  /** Returns a view of the database that refuses to write after a term. */
  fenced: (fence: Fence) => Kysely<Database>
  explain: (failure: unknown) => unknown
  log: Logger
}

/**
 * Elects the engine among the processes of a database:
 *
 * 1. Each tries twice a second to take an advisory lock, on a connection of its own. The server releases it
 * when that connection ends, however it does.
 * 2. The one that gets it begins a term, with the next number. From then on the database refuses what an
 * engine of an earlier term writes.
 * 3. If the engine before did not end in order, the new one waits for a second, in which that one stops.
 * 4. It leads until the election is closed or the connection is lost, then stops, and starts over.
 * 5. An engine uses its connection every second. If it has not for 30 s, it hangs or its network is cut, and
 * a candidate has the server end the connection.
 */
export class Election implements Closable {
  readonly #options: ElectionOptions<Kysely<Database>>
  readonly #context: ElectionContext
  readonly #connection: KeptConnection
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #loggedError: string | null = null
  /** A time of `performance.now`. */
  #lookedAt = 0

  private constructor(
    options: ElectionOptions<Kysely<Database>>,
    context: ElectionContext,
    connection: KeptConnection,
  ) {
    this.#options = options
    this.#context = context
    this.#connection = connection
    this.#running = this.#campaign()
  }

  /** Rejects with a RollcallError if the database cannot be reached. */
  static async open(options: ElectionOptions<Kysely<Database>>, context: ElectionContext): Promise<Election> {
    try {
      const connection = await KeptConnection.open({
        connect: context.connect,
        prepare: async () => undefined,
      })
      return new Election(options, context, connection)
    } catch (failure) {
      throw context.explain(failure)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    await this.#connection.close()
  }

  async #campaign(): Promise<void> {
    let isTakeover = false
    while (!this.#closing.signal.aborted) {
      const { session } = this.#connection
      if (session && (await tryLock(session.client).catch(() => false))) {
        await this.#serve(session, isTakeover)
      } else {
        this.#options.onWaiting()
        if (session) await this.#endStuckEngine(session)
      }
      isTakeover = true
      await this.#pause(TRY_EVERY_MS)
    }
  }

  async #endStuckEngine({ client }: PgSession): Promise<void> {
    const now = performance.now()
    if (now - this.#lookedAt < LOOK_EVERY_MS) return
    this.#lookedAt = now
    const { log } = this.#context
    try {
      if (await endIdleHolder(client))
        log.warn(
          { event: 'engine.connection_ended' },
          'the engine did not use its connection for 30 s; it was ended',
        )
    } catch (failure) {
      log.debug(
        { event: 'engine.connection_unknown', err: failure },
        'the connection of the engine could not be looked at',
      )
    }
  }

  /** Serves one term. */
  async #serve(session: PgSession, isTakeover: boolean): Promise<void> {
    const { db, fenced, log } = this.#context
    const { name, lead } = this.#options
    const { lost } = session
    try {
      const { term, isAfterEnd } = await beginTerm(db, name)
      if (!isAfterEnd) await this.#pause(STAND_OFF_MS, lost)
      if (lost.aborted) return
      let isOver = false
      const data = fenced({ term, isOver: () => isOver || lost.aborted })
      try {
        await lead({ number: term, data, isTakeover, ending: this.#closing.signal, lost })
      } finally {
        isOver = true
        if (!lost.aborted) await endTerm(db, term)
      }
      this.#loggedError = null
    } catch (failure) {
      const message = messageOf(failure)
      if (message !== this.#loggedError)
        log.error({ event: 'engine.failed', err: failure }, `the engine stopped: ${message}`)
      this.#loggedError = message
    } finally {
      // The server does it as well, if the connection is lost.
      await unlock(session.client).catch(() => undefined)
    }
  }

  async #pause(ms: number, ...signals: AbortSignal[]): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, ...signals])
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
  }
}
