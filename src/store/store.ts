import { existsSync } from 'node:fs'
import { sql } from 'kysely'
import type { Closable } from '../base/close.ts'
import { messageOf, RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { isPostgresUrl } from '../config/postgres-url.ts'
import { CapabilityStore } from './capability-store.ts'
import { CommandStore } from './command-store.ts'
import { CredentialStore } from './credential-store.ts'
import { DeviceStore } from './device-store.ts'
import { EngineStore } from './engine-store.ts'
import { SyncPlanStore } from './inventory/sync-plan-store.ts'
import { InventoryStore } from './inventory-store.ts'
import type { DatabaseHealth } from './opening/database-health.ts'
import type { OpenDatabase } from './opening/open-database.ts'
import type { SharedDatabase, SharedTables } from './opening/shared-database.ts'
import type { PostgresLogin } from './postgres/open.ts'
import { ProbeStore } from './probe-store.ts'
import { ProcessStore } from './process-store.ts'
import { RateStore } from './rate-store.ts'
import { ThreadedRecorder } from './record-thread/threaded-recorder.ts'
import { RefreshStore } from './refresh-store.ts'
import { ChangeStore } from './results/change-store.ts'
import { FactsStore } from './results/facts-store.ts'
import { HostKeyStore } from './results/host-key-store.ts'
import { ProbeWriter } from './results/probe-writer.ts'
import { RetentionStore } from './retention-store.ts'
import { openSqliteDatabase, openSqliteReader } from './sqlite/open.ts'
import { DATABASE_BYTES } from './tables/per-dialect.ts'
import { TokenStore } from './token-store.ts'

export interface DatabaseAddress {
  /**
   * The SQLite file, which is created if it does not exist; its folder must exist. Or the URL of a database
   * of PostgreSQL, such as `postgres://user@host/database`, which must exist.
   */
  database: string
  /** How to log in to PostgreSQL. Default: without a password. */
  postgres?: PostgresLogin
}

export interface StoreOptions extends DatabaseAddress {
  log: Logger
  /** Called with the SQL of every statement, before it runs. */
  onStatement?: (sql: string) => void
  /**
   * How long after the start a thread checks the database for damage; then it does so every six hours.
   * Default: 60 s.
   */
  checkAfterMs?: number
  /**
   * Whether results of probes are written to SQLite by a thread of its own, so that the caller's thread does
   * not stop for them; its statements are not told to `onStatement`. Default: false.
   */
  recordsInThread?: boolean
}

/**
 * The database. A method that returns has committed its changes; one that throws has changed nothing. Each
 * rejects with DATABASE_UNAVAILABLE if the database is locked for longer than 50 ms or its disk is full: the
 * same call may succeed later. Reads work while another process holds the lock.
 */
export interface Store extends Closable {
  readonly inventory: InventoryStore
  readonly devices: DeviceStore
  readonly hostKeys: HostKeyStore
  readonly facts: FactsStore
  readonly capabilities: CapabilityStore
  readonly credentials: CredentialStore
  readonly refreshes: RefreshStore
  readonly probes: ProbeStore
  readonly changes: ChangeStore
  readonly retention: RetentionStore
  readonly syncPlans: SyncPlanStore
  readonly tokens: TokenStore
  readonly processes: ProcessStore
  readonly engine: EngineStore
  readonly commands: CommandStore
  readonly rates: RateStore
  /**
   * Watches that the files are those that were opened, and undamaged. Nothing is written to files that were
   * replaced.
   */
  readonly health: DatabaseHealth
  /**
   * A text that differs whenever the data may have changed, whichever process changed it.
   *
   * @throws RollcallError as `ping` does
   */
  readonly version: string
  /**
   * Makes a cheap query. It only reads, so it does not find a full disk.
   *
   * @throws RollcallError if the database does not answer; DATABASE_FAILED once the store is closed
   */
  ping(): Promise<void>
  /** Returns the size of the database in bytes, without the write-ahead log. */
  sizeBytes(): Promise<number>
  /** What several processes need that use the database at the same time; null with SQLite. */
  readonly shared: SharedDatabase<Store> | null
  /**
   * Locks the database for one process that probes, until the lock is closed or the process ends: two would
   * continue each other's refreshes. `health` tells if the lock is lost.
   *
   * @throws RollcallError DATABASE_IN_USE if another process holds it
   */
  lock(): Promise<Closable>
}

/** Tells whether the file exists. A PostgreSQL database is taken to exist: opening it never makes one. */
export function isDatabaseThere({ database }: DatabaseAddress): boolean {
  return isPostgresUrl(database) || existsSync(database)
}

/**
 * Opens the database and brings it up to date.
 *
 * @throws RollcallError DATABASE_FAILED if the file cannot be used, DATABASE_UNAVAILABLE if it is locked for
 * longer than 5 s or its disk is full, DATABASE_TOO_NEW if a newer version of Rollcall has written it. Each
 * leaves it unchanged.
 */
export async function openStore({
  database,
  postgres = {},
  log,
  onStatement = () => {},
  checkAfterMs = 60_000,
  recordsInThread = false,
}: StoreOptions): Promise<Store> {
  if (!isPostgresUrl(database)) {
    const opened = await openSqliteDatabase({ path: database, log, onStatement, checkAfterMs })
    return new OpenedStore(opened, { recordsInThread })
  }
  const { openPostgresDatabase } = await import('./postgres/open.ts')
  return new OpenedStore(await openPostgresDatabase({ url: database, ...postgres, log, onStatement }))
}

/**
 * Opens a database for reading only, while `openStore` has it open. It is for a thread that reads with its
 * own connection, so that no other statement waits for it. Methods that write reject, and `version` throws in
 * PostgreSQL.
 *
 * @throws RollcallError as `openStore` does
 */
export async function openStoreReader({ database, postgres = {} }: DatabaseAddress): Promise<Store> {
  if (!isPostgresUrl(database)) return new OpenedStore(openSqliteReader(database))
  const { openPostgresReader } = await import('./postgres/open.ts')
  return new OpenedStore(openPostgresReader(database, postgres))
}

class OpenedStore implements Store {
  readonly inventory: InventoryStore
  readonly devices: DeviceStore
  readonly hostKeys: HostKeyStore
  readonly facts: FactsStore
  readonly capabilities: CapabilityStore
  readonly credentials: CredentialStore
  readonly refreshes: RefreshStore
  readonly probes: ProbeStore
  readonly changes: ChangeStore
  readonly retention: RetentionStore
  readonly syncPlans: SyncPlanStore
  readonly tokens: TokenStore
  readonly processes: ProcessStore
  readonly engine: EngineStore
  readonly commands: CommandStore
  readonly rates: RateStore
  readonly health: DatabaseHealth
  readonly shared: SharedDatabase<Store> | null
  readonly #opened: OpenDatabase
  readonly #threadedRecorder: ThreadedRecorder | null
  #closed: Promise<void> | undefined

  constructor(opened: OpenDatabase, { recordsInThread = false } = {}) {
    const { db, health } = opened
    this.#opened = opened
    this.health = health
    this.inventory = new InventoryStore(db)
    this.devices = new DeviceStore(db)
    this.hostKeys = new HostKeyStore(db)
    this.facts = new FactsStore(db)
    this.capabilities = new CapabilityStore(db)
    this.credentials = new CredentialStore(db)
    this.refreshes = new RefreshStore(db)
    const { letAnotherWrite } = opened
    this.#threadedRecorder =
      recordsInThread && letAnotherWrite
        ? new ThreadedRecorder({
            path: opened.name,
            letAnotherWrite,
            onDamage: (damage) => health.noteDamage(damage),
          })
        : null
    const recorder = this.#threadedRecorder ?? new ProbeWriter(db)
    this.probes = new ProbeStore(db, recorder)
    this.changes = new ChangeStore(db)
    this.retention = new RetentionStore(db, { recorder, refreshes: this.refreshes })
    this.syncPlans = new SyncPlanStore(db)
    this.tokens = new TokenStore(opened)
    this.processes = new ProcessStore(db)
    this.engine = new EngineStore(db)
    this.commands = new CommandStore(db)
    this.rates = new RateStore(db)
    this.shared = opened.shared && sharedStore(opened, opened.shared)
  }

  get version(): string {
    return this.#opened.version()
  }

  async ping(): Promise<void> {
    try {
      await sql`select id from refreshes limit 1`.execute(this.#opened.db)
    } catch (failure) {
      if (failure instanceof RollcallError) throw failure
      throw new RollcallError(
        'DATABASE_FAILED',
        `The database ${this.#opened.name} does not answer (${messageOf(failure)}); restart the gateway.`,
        { cause: failure },
      )
    }
  }

  async sizeBytes(): Promise<number> {
    const { bytes } = await this.#opened.db.selectNoFrom(DATABASE_BYTES.as('bytes')).executeTakeFirstOrThrow()
    return bytes
  }

  lock(): Promise<Closable> {
    return this.#opened.lock()
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#threadedRecorder?.close()
      await this.#opened.close()
    })()
    return this.#closed
  }
}

/** Gives the engine of a term a store of its own, which refuses to write after the term. */
function sharedStore(opened: OpenDatabase, { elect, listen }: SharedTables): SharedDatabase<Store> {
  return {
    listen,
    elect: ({ lead, ...options }) =>
      elect({
        ...options,
        lead: ({ data: db, ...term }) =>
          lead({ ...term, data: new OpenedStore({ ...opened, db, close: async () => undefined }) }),
      }),
  }
}

export type { EngineTerm, SharedDatabase } from './opening/shared-database.ts'
