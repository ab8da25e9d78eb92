import { type Kysely, sql } from 'kysely'
import type { Closable } from '../base/close.ts'
import { messageOf, RollcallError } from '../base/errors.ts'
import { type Logger, silentLogger } from '../base/log.ts'
import { CapabilityStore } from './capability-store.ts'
import { CredentialStore } from './credential-store.ts'
import { DeviceStore } from './device-store.ts'
import { SyncPlanStore } from './inventory/sync-plan-store.ts'
import { InventoryStore } from './inventory-store.ts'
import { ProbeStore } from './probe-store.ts'
import { RefreshStore } from './refresh-store.ts'
import { CapabilitySetWriter } from './results/capability-set-writer.ts'
import { ChangeStore } from './results/change-store.ts'
import { FactsStore } from './results/facts-store.ts'
import { HostKeyStore } from './results/host-key-store.ts'
import { RetentionStore } from './retention-store.ts'
import { Checkpoints } from './sqlite/checkpoints.ts'
import { DatabaseHealth } from './sqlite/database-health.ts'
import { type OpenDatabase, openSqlite, setShortBusyTimeout, useWriteAheadLog } from './sqlite/dialect.ts'
import { checkSchema, checkVersion, migrate } from './sqlite/migrate.ts'
import type { Database } from './tables/database.ts'
import { TokenStore } from './token-store.ts'

export interface StoreOptions {
  /** The database file, which is created if it does not exist; its folder must exist. */
  path: string
  log: Logger
  /** Called with the SQL of every statement, before it runs. */
  onStatement?: (sql: string) => void
  /**
   * How long after the start a thread checks the database for damage; then it does so every six hours.
   * Default: 60 s.
   */
  checkAfterMs?: number
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
}

/**
 * Opens the database and brings it up to date.
 *
 * @throws RollcallError DATABASE_FAILED if the file cannot be used, DATABASE_UNAVAILABLE if it is locked for
 * longer than 5 s or its disk is full, DATABASE_TOO_NEW if a newer version of Rollcall has written it. Each
 * leaves it unchanged.
 */
export async function openStore({
  path,
  log,
  onStatement = () => {},
  checkAfterMs = 60_000,
}: StoreOptions): Promise<Store> {
  const health = new DatabaseHealth(log)
  const checkpoints = new Checkpoints(path, {
    log,
    checkAfterMs,
    onDamage: (damage) => health.noteDamage(damage),
  })
  const onCommit = (pagesInLog: number) => checkpoints.moveIfDue(pagesInLog)
  const { db, version } = openSqlite({ path, onStatement, onCommit, health })
  try {
    await checkVersion(db, path)
    await useWriteAheadLog(db)
    await migrate(db, path, log)
    await checkSchema(db, path)
    // Where there was nothing to migrate, nothing has been written so far: a read-only file shows itself
    // here.
    await sql`delete from refreshes where false`.execute(db)
    await setShortBusyTimeout(db)
    health.watch(path)
  } catch (failure) {
    await checkpoints.close()
    await db.destroy()
    throw failure
  }
  return new SqliteStore({ db, version }, path, { health, beforeClosing: () => checkpoints.close() })
}

/**
 * Opens a database for reading only, while `openStore` has it open. It is for a thread that reads with its
 * own connection, so that no other statement waits for it. Methods that write reject.
 *
 * @throws RollcallError as `openStore` does
 */
export function openStoreReader(path: string): Store {
  const health = new DatabaseHealth(silentLogger)
  const opened = openSqlite({ path, readonly: true, health, onStatement: () => {}, onCommit: () => {} })
  return new SqliteStore(opened, path, { health, beforeClosing: async () => {} })
}

class SqliteStore implements Store {
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
  readonly health: DatabaseHealth
  readonly #db: Kysely<Database>
  readonly #version: () => string
  readonly #path: string
  readonly #beforeClosing: () => Promise<void>
  #closed: Promise<void> | undefined

  constructor(
    { db, version }: OpenDatabase,
    path: string,
    { health, beforeClosing }: { health: DatabaseHealth; beforeClosing: () => Promise<void> },
  ) {
    this.health = health
    this.#db = db
    this.#version = version
    this.#path = path
    this.#beforeClosing = beforeClosing
    this.inventory = new InventoryStore(db)
    this.devices = new DeviceStore(db)
    this.hostKeys = new HostKeyStore(db)
    this.facts = new FactsStore(db)
    this.capabilities = new CapabilityStore(db)
    this.credentials = new CredentialStore(db)
    this.refreshes = new RefreshStore(db)
    const sets = new CapabilitySetWriter()
    this.probes = new ProbeStore(db, sets)
    this.changes = new ChangeStore(db)
    this.retention = new RetentionStore(db, { sets, refreshes: this.refreshes })
    this.syncPlans = new SyncPlanStore(db)
    this.tokens = new TokenStore(db)
  }

  get version(): string {
    return this.#version()
  }

  async ping(): Promise<void> {
    try {
      await sql`select id from refreshes limit 1`.execute(this.#db)
    } catch (failure) {
      if (failure instanceof RollcallError) throw failure
      throw new RollcallError(
        'DATABASE_FAILED',
        `The database ${this.#path} does not answer (${messageOf(failure)}); restart the gateway.`,
        { cause: failure },
      )
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    // Waits for the only connection, and so for the transaction that may be using it.
    await this.#db.connection().execute(async () => undefined)
    await this.#beforeClosing()
    await this.health.close()
    await this.#db.destroy()
  }
}
