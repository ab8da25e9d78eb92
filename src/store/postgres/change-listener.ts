import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import { KeptConnection } from './kept-connection.ts'
import type { PgClient } from './pg-connections.ts'

/**
 * Counts the changes of the database: those of this process when they are committed, and those of others when
 * PostgreSQL tells of them, which is within milliseconds. Triggers on every table notify; see the migrations.
 */
export class ChangeListener implements Closable {
  readonly #changes: { count: number }
  readonly #connection: KeptConnection

  private constructor(connection: KeptConnection, changes: { count: number }) {
    this.#connection = connection
    this.#changes = changes
  }

  /** @param changes has the number of changes so far, to which those of others are added */
  static async open(connect: () => Promise<PgClient>, changes: { count: number }): Promise<ChangeListener> {
    const note = () => {
      changes.count += 1
    }
    const connection = await KeptConnection.open({
      connect,
      prepare: async (client) => {
        client.on('notification', note)
        await client.query('listen rollcall_changed')
        // Counts the writes that happened while nobody listened.
        note()
      },
    })
    return new ChangeListener(connection, changes)
  }

  /** @throws RollcallError DATABASE_UNAVAILABLE while changes of other processes are not noticed */
  version(name: string): string {
    if (this.#connection.isUp) return String(this.#changes.count)
    throw new RollcallError(
      'DATABASE_UNAVAILABLE',
      `The connection to the database ${name} that listens for changes is lost; it is opened again.`,
      { publicMessage: 'The database cannot be reached at present.' },
    )
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}
