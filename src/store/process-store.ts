import { type Kysely, sql } from 'kysely'
import type { Database, ProcessRole } from './tables/database.ts'
import { DATABASE_NOW } from './tables/per-dialect.ts'

export { PROCESS_ROLES, type ProcessRole } from './tables/database.ts'

/** A process that was not seen for this long is taken to be dead. It is seen every two seconds. */
const DEAD_AFTER_MS = 15_000

/** A process that works on the database. */
export interface ProcessRow {
  /** Unique among the processes. */
  name: string
  role: ProcessRole
  /** The regions that a prober serves; empty for other roles. */
  regions: string[]
  version: string
  /** Epoch milliseconds, by the clock of its machine. */
  startedAt: number
  /** Epoch milliseconds, by the clock of the database. */
  lastSeenAt: number
  /** Whether it is the engine that works. */
  active: boolean
  probesInFlight: number
  /** How many devices a prober probes at once; null for other roles. */
  concurrency: number | null
}

/**
 * The processes that work on the database. Who is alive is decided by the clock of the database, since those
 * of the machines may differ.
 */
export class ProcessStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /** Records that a process is alive and what it does; returns all that are alive, by name. */
  async heartbeat(process: Omit<ProcessRow, 'lastSeenAt'>): Promise<ProcessRow[]> {
    await this.#db
      .insertInto('processes')
      .values({
        name: process.name,
        role: process.role,
        regions: JSON.stringify(process.regions),
        version: process.version,
        started_at: process.startedAt,
        last_seen_at: DATABASE_NOW,
        is_active: process.active ? 1 : 0,
        probes_in_flight: process.probesInFlight,
        concurrency: process.concurrency,
      })
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((eb) => ({
          role: eb.ref('excluded.role'),
          regions: eb.ref('excluded.regions'),
          version: eb.ref('excluded.version'),
          started_at: eb.ref('excluded.started_at'),
          last_seen_at: eb.ref('excluded.last_seen_at'),
          is_active: eb.ref('excluded.is_active'),
          probes_in_flight: eb.ref('excluded.probes_in_flight'),
          concurrency: eb.ref('excluded.concurrency'),
        })),
      )
      .execute()
    const rows = await this.#rows()
    const dead = rows.filter(({ unseenMs }) => unseenMs > DEAD_AFTER_MS)
    if (dead.length > 0) await this.#removeDead()
    return toLive(rows)
  }

  /** Returns the processes that are alive, by name. */
  async live(): Promise<ProcessRow[]> {
    return toLive(await this.#rows())
  }

  /** Removes a process that ends. */
  async remove(name: string): Promise<void> {
    await this.#db.deleteFrom('processes').where('name', '=', name).execute()
  }

  async #rows(): Promise<SelectedProcess[]> {
    return await this.#db
      .selectFrom('processes')
      .select([
        'name',
        'role',
        'regions',
        'version',
        'started_at as startedAt',
        'last_seen_at as lastSeenAt',
        'is_active as isActive',
        'probes_in_flight as probesInFlight',
        'concurrency',
      ])
      .select(sql<number>`${DATABASE_NOW} - last_seen_at`.as('unseenMs'))
      .orderBy('name')
      .execute()
  }

  async #removeDead(): Promise<void> {
    await this.#db
      .deleteFrom('processes')
      .where('last_seen_at', '<', sql<number>`${DATABASE_NOW} - ${sql.lit(DEAD_AFTER_MS)}`)
      .execute()
  }
}

type SelectedProcess = Omit<ProcessRow, 'regions' | 'active'> & {
  regions: string
  isActive: number
  unseenMs: number
}

function toLive(rows: readonly SelectedProcess[]): ProcessRow[] {
  return rows
    .filter(({ unseenMs }) => unseenMs <= DEAD_AFTER_MS)
    .map(({ regions, isActive, unseenMs: _unseenMs, ...row }) => ({
      ...row,
      regions: JSON.parse(regions),
      active: isActive === 1,
    }))
}
