import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { type Fence, TERM_OF_ENGINE, termIsOver } from './engine-term.ts'
import type { PgPool, PgPoolClient } from './pg-connections.ts'
import type { StatementNames } from './statement-names.ts'

/** Begins a transaction, and waits until no other transaction of Rollcall writes to this schema. */
export const BEGIN = 'begin; select pg_advisory_xact_lock(hashtextextended(current_schema(), 7263))'

export interface ConnectionsOptions {
  /** For statements outside of transactions. */
  readers: PgPool
  /** For transactions, which write one after the other anyway; null if nothing is written. */
  writer: PgPool | null
  /** Null if connections keep no session, so that none has what another prepared. */
  names: StatementNames | null
  /** Called with the SQL of every statement, before it runs. */
  onStatement: (sql: string) => void
  /** Called before a commit and after it, and after a statement that wrote outside of a transaction. */
  onWrite: () => void
  /** Called before a transaction begins, and before it is committed; throws if it must not be. */
  ensureWritable: () => void
  /** Converts a failure into the error to throw. */
  explain: (failure: unknown) => unknown
  /** Given to an engine, whose writes are refused after its term. Each is in a transaction then. */
  fence?: Fence
}

/**
 * The pool that Kysely uses. Its connections get a real connection with their first statement. A transaction
 * then waits for the only connection that writes, so that waiting transactions occupy none of the connections
 * that read.
 */
export class Connections implements PostgresPool {
  readonly options = {}
  readonly #options: ConnectionsOptions

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  async connect(): Promise<PostgresPoolClient> {
    return new LateConnection(this.#options)
  }

  /** Waits for the statements that run. */
  async end(): Promise<void> {
    const { readers, writer } = this.#options
    await Promise.all([readers.end(), writer?.end()])
  }
}

class LateConnection implements PostgresPoolClient {
  readonly #options: ConnectionsOptions
  #client: PgPoolClient | undefined
  #inTransaction = false
  /** Whether what is written changes no answer. */
  #isQuiet = false

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  query(sql: string, parameters: ReadonlyArray<unknown>): Promise<PostgresQueryResult<never>>
  query(cursor: object): never
  async query(sql: string | object, parameters: ReadonlyArray<unknown> = []): Promise<unknown> {
    if (typeof sql !== 'string') throw new Error('Cursors are not used.')
    if (!this.#inTransaction) this.#isQuiet = QUIET.test(sql)
    if (this.#options.fence && !this.#inTransaction && WRITES.test(sql)) {
      return await this.#inOwnTransaction(sql, parameters)
    }
    return await this.#run(sql, parameters)
  }

  release(destroy = false): void {
    this.#client?.off('error', ignore)
    this.#client?.release(destroy)
    this.#client = undefined
  }

  async #run(sql: string, parameters: ReadonlyArray<unknown> = []): Promise<unknown> {
    const { onStatement, onWrite, ensureWritable, explain, fence } = this.#options
    onStatement(sql)
    if (sql === BEGIN || sql === 'commit') {
      ensureWritable()
      if (fence?.isOver()) throw termIsOver()
    }
    if (sql === 'commit' && !this.#isQuiet) onWrite()
    try {
      this.#client ??= await this.#connect(sql)
      const result = await this.#client.query(this.#bound(sql, parameters))
      this.#note(sql, result.command)
      if (sql === BEGIN && fence) await checkTerm(this.#client, fence)
      return result
    } catch (failure) {
      if (sql === BEGIN) await this.#undoBegin()
      throw explain(failure)
    }
  }

  /** Only a statement with values can be prepared: several in one text cannot. */
  #bound(text: string, parameters: ReadonlyArray<unknown>) {
    const name = parameters.length > 0 ? this.#options.names?.nameOf(text) : undefined
    return { text, values: parameters.map(storable), ...(name !== undefined && { name }) }
  }

  /** Kysely rolls back only what has begun. The server has begun even if what comes with it has failed. */
  async #undoBegin(): Promise<void> {
    await this.#client?.query('rollback').catch(() => undefined)
    this.#inTransaction = false
  }

  async #inOwnTransaction(sql: string, parameters: ReadonlyArray<unknown>): Promise<unknown> {
    await this.#run(BEGIN)
    try {
      const result = await this.#run(sql, parameters)
      await this.#run('commit')
      return result
    } catch (failure) {
      await this.#run('rollback').catch(() => undefined)
      throw failure
    }
  }

  async #connect(sql: string): Promise<PgPoolClient> {
    const { readers, writer } = this.#options
    const client = await (sql === BEGIN && writer ? writer : readers).connect()
    // The statement that runs, or the next one, reports the failure.
    client.on('error', ignore)
    return client
  }

  #note(sql: string, command: string): void {
    if (sql === BEGIN) this.#inTransaction = true
    else if (command === 'COMMIT' || command === 'ROLLBACK') this.#inTransaction = false
    const wrote = command === 'COMMIT' || (!this.#inTransaction && WRITING.has(command))
    if (wrote && !this.#isQuiet) this.#options.onWrite()
  }
}

/** No other transaction writes meanwhile, so the term does not change before the end of this one. */
async function checkTerm(client: PgPoolClient, { term }: Fence): Promise<void> {
  const { rows } = await client.query<{ term: number }>(TERM_OF_ENGINE)
  if (rows[0]?.term !== term) throw termIsOver()
}

/** Writes to tables without a trigger that notifies of changes; see the migrations. */
const QUIET = /^\s*(?:insert into|update|delete from) "(?:processes|engine|engine_commands|rates)"/i

const WRITES = /^\s*(?:insert|update|delete)\b/i

const WRITING: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE'])

function ignore(): void {}

/** PostgreSQL stores every character but U+0000, which no checked record holds. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value
  return Array.isArray(value) ? value.map(storable) : value
}
