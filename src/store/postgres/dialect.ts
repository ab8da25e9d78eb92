import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  PostgresDialect,
  PostgresDriver,
  type QueryCompiler,
} from 'kysely'
import { BEGIN, type Connections } from './connections.ts'
import { PostgresCompiler } from './postgres-compiler.ts'

/** Kysely's dialect, with transactions that write one after the other, as those of SQLite do. */
export class SerialDialect extends PostgresDialect {
  readonly #connections: Connections

  constructor(connections: Connections) {
    super({ pool: connections })
    this.#connections = connections
  }

  override createDriver(): Driver {
    return new SerialDriver({ pool: this.#connections })
  }

  override createQueryCompiler(): QueryCompiler {
    return new PostgresCompiler()
  }
}

class SerialDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(BEGIN))
  }

  /** A connection that is lost was rolled back by the server; an error here would hide why. */
  override async rollbackTransaction(
    connection: Parameters<PostgresDriver['rollbackTransaction']>[0],
  ): Promise<void> {
    await super.rollbackTransaction(connection).catch(() => undefined)
  }
}
