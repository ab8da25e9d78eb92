import { Kysely, sql } from 'kysely'
import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import { type Logger, silentLogger } from '../../base/log.ts'
import { parsePostgresUrl, shownPlace } from '../../config/postgres-url.ts'
import { DatabaseHealth } from '../opening/database-health.ts'
import { Migrations } from '../opening/migrations.ts'
import type { InspectedDatabase, OpenDatabase } from '../opening/open-database.ts'
import type { Database } from '../tables/database.ts'
import { ChangeListener } from './change-listener.ts'
import { Connections, type ConnectionsOptions } from './connections.ts'
import { SerialDialect } from './dialect.ts'
import { Election } from './election.ts'
import type { Fence } from './engine-term.ts'
import { inTurn } from './migration-lock.ts'
import { connectClient, createPool, giveUpConnections, type PostgresAccess } from './pg-connections.ts'
import { explanationOf, isDamage } from './postgres-failure.ts'
import { PostgresLock } from './postgres-lock.ts'
import { checkServer } from './server-check.ts'
import { checkSession } from './session-check.ts'
import { StatementNames } from './statement-names.ts'
import { indexTrigrams } from './trigrams.ts'

/** Connections for statements outside of transactions: enough for two cores of a server, and some waiting. */
const READING_CONNECTIONS = 8

const OTHER_DATABASE = 'name another database, or give Rollcall a schema of its own'

/** The settings of a login beside the URL. */
export type PostgresLogin = Omit<PostgresAccess, 'place'>

export interface PostgresDatabaseOptions extends PostgresLogin {
  url: string
  log: Logger
  onStatement: (sql: string) => void
}

/**
 * Opens a database of PostgreSQL and brings it up to date.
 *
 * @throws RollcallError as `openStore` does
 */
export async function openPostgresDatabase({
  url,
  log,
  onStatement,
  ...login
}: PostgresDatabaseOptions): Promise<OpenDatabase> {
  const access = accessOf(url, login)
  const { db, fenced, health, explain, changes, setOpen, giveUp } = prepare(access, { log, onStatement })
  const name = shownPlace(access.place)
  const connectFor = (purpose: string) => () => connectClient(access, purpose)
  let listener: ChangeListener
  try {
    await checkServer(db, name)
    await checkSession(connectFor('check'), db, name)
    await inTurn(connectFor('migration'), async () => {
      const tables = await checkServer(db, name)
      const migrations = new Migrations('postgres', name)
      const due = await migrations.check(db, tables, OTHER_DATABASE)
      if (due.length > 0) await migrations.run(db, log)
      // If there was nothing to migrate, a read-only server is noticed only here.
      await sql`delete from refreshes where false`.execute(db)
      await indexTrigrams(db, log)
    })
    listener = await ChangeListener.open({ connect: connectFor('listener'), changes, onSilence: giveUp })
  } catch (failure) {
    await db.destroy()
    throw explain(failure)
  }
  setOpen()
  return {
    name,
    db,
    health,
    version: () => listener.version(name),
    // A statement waits for no other but one on the same row.
    letAnotherWrite: null,
    withoutWaiting: (work) => work(db),
    shared: {
      elect: (options) =>
        Election.open(options, { connect: connectFor('election'), db, fenced, explain, log }),
      listen: (callback) => listener.listen(callback),
    },
    lock: async () => {
      const lock = await PostgresLock.acquire({ connect: connectFor('lock'), name, explain })
      health.add(() => lock.problem())
      return lock
    },
    close: async () => {
      await listener.close()
      await db.destroy()
    },
  }
}

/** Opens a database for reading only, with one connection, while `openPostgresDatabase` has it open. */
export function openPostgresReader(url: string, login: PostgresLogin): OpenDatabase {
  const access = accessOf(url, login)
  const { db, health, setOpen } = prepare(access, {
    log: silentLogger,
    onStatement: () => {},
    readonly: true,
  })
  setOpen()
  const notForReaders = () => {
    throw new Error('A reader has neither versions nor locks.')
  }
  return {
    name: shownPlace(access.place),
    db,
    health,
    version: notForReaders,
    letAnotherWrite: null,
    withoutWaiting: (work) => work(db),
    shared: null,
    lock: async () => notForReaders(),
    close: () => db.destroy(),
  }
}

/**
 * Opens a database for reading only, as it is. A gateway may be using it.
 *
 * @throws RollcallError as `openStore` does
 */
export async function inspectPostgres(url: string, login: PostgresLogin): Promise<InspectedDatabase> {
  const { name, db, close } = openPostgresReader(url, login)
  try {
    const tables = await checkServer(db, name)
    const due = await new Migrations('postgres', name).check(db, tables, OTHER_DATABASE)
    return { name, db, tables: tables.sort(), due, close }
  } catch (failure) {
    await close()
    throw failure
  }
}

/**
 * Locks a database as `Store.lock` does, without opening it.
 *
 * @throws RollcallError as `openStore` does, and DATABASE_IN_USE if another process holds the lock
 */
export async function lockPostgres(url: string, login: PostgresLogin): Promise<Closable> {
  const access = accessOf(url, login)
  const explain = (failure: unknown) => explanationOf(failure, access.place, { isOpen: false })
  const name = shownPlace(access.place)
  return await PostgresLock.acquire({ connect: () => connectClient(access, 'lock'), name, explain })
}

/** @throws RollcallError DATABASE_FAILED if the URL cannot be used */
export function accessOf(url: string, login: PostgresLogin): PostgresAccess {
  const place = parsePostgresUrl(url)
  if ('problem' in place) {
    throw new RollcallError('DATABASE_FAILED', `The URL of the database ${place.problem}.`)
  }
  return { place, ...login }
}

/** Creates the parts that need no connection yet. */
function prepare(
  access: PostgresAccess,
  {
    log,
    onStatement,
    readonly = false,
  }: { log: Logger; onStatement: (sql: string) => void; readonly?: boolean },
) {
  const health = new DatabaseHealth(log)
  const changes = { count: 0 }
  let isOpen = false
  const explain = (failure: unknown) => {
    const explanation = explanationOf(failure, access.place, { isOpen })
    if (isDamage(explanation)) health.noteDamage(explanation.message)
    return explanation
  }
  const options: ConnectionsOptions = {
    readers: createPool(access, { max: readonly ? 1 : READING_CONNECTIONS, readonly }),
    writer: readonly ? null : createPool(access, { max: 1 }),
    names: new StatementNames(),
    onStatement,
    onWrite: () => {
      changes.count += 1
    },
    ensureWritable: () => {
      const obstacle = health.obstacle()
      if (obstacle !== null) throw obstacle
    },
    explain,
  }
  const over = (connections: Connections) => new Kysely<Database>({ dialect: new SerialDialect(connections) })
  const db = over(new Connections(options))
  // It shares the pools of `db`, which closes them.
  const fenced = (fence: Fence) => over(new Connections({ ...options, fence }))
  const setOpen = () => {
    isOpen = true
  }
  // A statement would wait until the system gives a connection up, perhaps long after the network is back.
  const giveUp = () => {
    for (const pool of [options.readers, options.writer]) if (pool) giveUpConnections(pool)
  }
  return { db, fenced, health, explain, changes, setOpen, giveUp }
}
