import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import type { Notice } from '../opening/shared-database.ts'
import { KeptConnection } from './kept-connection.ts'
import type { PgClient } from './pg-connections.ts'

/** The channels that triggers notify; see the migrations. */
const CHANNELS: ReadonlyMap<string, Notice> = new Map([
  ['rollcall_changed', 'CHANGE'],
  ['rollcall_command', 'COMMAND'],
  ['rollcall_answer', 'ANSWER'],
])

/**
 * Hears of what is written, within milliseconds and whichever process wrote it, and counts the changes of the
 * database: those of this process when they are committed, and those of others when PostgreSQL tells of them.
 */
export class ChangeListener implements Closable {
  readonly #changes: { count: number }
  readonly #listeners = new Set<(notice: Notice) => void>()
  #connection: KeptConnection | undefined

  /** @param changes has the number of changes so far, to which those of others are added */
  private constructor(changes: { count: number }) {
    this.#changes = changes
  }

  /**
   * @param options.changes has the number of changes so far, to which those of others are added
   * @param options.onSilence is called when the server does not answer
   */
  static async open({
    connect,
    changes,
    onSilence,
  }: {
    connect: () => Promise<PgClient>
    changes: { count: number }
    onSilence: () => void
  }): Promise<ChangeListener> {
    const listener = new ChangeListener(changes)
    listener.#connection = await KeptConnection.open({
      connect,
      onSilence,
      prepare: async (client) => {
        client.on('notification', ({ channel }) => listener.#note(CHANNELS.get(channel)))
        for (const channel of CHANNELS.keys()) await client.query(`listen ${channel}`)
        // What was written while nobody listened.
        for (const notice of CHANNELS.values()) listener.#note(notice)
      },
    })
    return listener
  }

  /** Calls back with each notice, and with all when some may have been missed; returns what ends that. */
  listen(callback: (notice: Notice) => void): () => void {
    this.#listeners.add(callback)
    return () => this.#listeners.delete(callback)
  }

  /** @throws RollcallError DATABASE_UNAVAILABLE while changes of other processes are not noticed */
  version(name: string): string {
    if (this.#connection?.isUp) return String(this.#changes.count)
    throw new RollcallError(
      'DATABASE_UNAVAILABLE',
      `The connection to the database ${name} that listens for changes is lost; it is opened again.`,
      { publicMessage: 'The database cannot be reached at present.' },
    )
  }

  async close(): Promise<void> {
    await this.#connection?.close()
  }

  #note(notice: Notice | undefined): void {
    if (notice === undefined) return
    if (notice === 'CHANGE') this.#changes.count += 1
    for (const listener of this.#listeners) listener(notice)
  }
}
