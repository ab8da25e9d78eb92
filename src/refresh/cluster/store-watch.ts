import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { describesDevice } from '../../netconf/outcome/outcome.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { SharedDatabase, Store } from '../../store/store.ts'
import { RefreshEvents } from '../events.ts'
import { doneOf, hasEnded } from '../progress.ts'
import type { EngineView } from './engine-view.ts'

/** How often is looked for changes of which no notice has come. */
const LOOK_EVERY_MS = 1_000
/** Rows that are read at once. */
const BATCH_SIZE = 2_000

/** What was announced of a refresh that has not ended. */
interface Announced {
  row: RefreshRow
  done: number
}

/** How far the tables have been read. */
interface Position {
  refresh: number
  probe: number
  change: number
}

/**
 * Announces what any process has committed, by looking at the database: at once when a notice tells of a
 * change, and every second in any case. A lost notice therefore delays an announcement, and loses nothing.
 */
export class StoreWatch implements Closable {
  readonly events = new RefreshEvents()
  readonly #store: Store
  readonly #view: EngineView
  readonly #clock: Clock
  readonly #log: Logger
  readonly #stopListening: () => void
  readonly #unfinished = new Map<number, Announced>()
  #position: Position = { refresh: 0, probe: 0, change: 0 }
  /** The look that runs, and the one that begins after it. */
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined
  #isClosed = false
  #loggedError: string | null = null

  private constructor(options: StoreWatchOptions) {
    this.#store = options.store
    this.#view = options.view
    this.#clock = options.clock
    this.#log = options.log
    this.#stopListening = options.shared.listen((notice) => {
      if (notice === 'CHANGE' && this.#next === undefined) void this.look()
    })
  }

  /** Begins with what is in the database: that is not announced. Rejects if it cannot be read. */
  static async start(options: StoreWatchOptions): Promise<StoreWatch> {
    const { refreshes, probes, changes } = options.store
    const watch = new StoreWatch(options)
    watch.#position = {
      refresh: await refreshes.lastId(),
      probe: await probes.lastId(),
      change: await changes.lastId(),
    }
    await watch.#lookNow()
    watch.#schedule()
    return watch
  }

  /** Resolves once a look has ended that began after the call. */
  look(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    if (this.#looking === undefined) {
      this.#looking = this.#tryToLook().finally(() => {
        this.#looking = undefined
        this.#schedule()
      })
      return this.#looking
    }
    this.#next ??= this.#looking.then(() => {
      this.#next = undefined
      return this.look()
    })
    return this.#next
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopListening()
    this.#cancelTimer?.()
    await this.#looking
  }

  #schedule(): void {
    this.#cancelTimer?.()
    if (!this.#isClosed) this.#cancelTimer = this.#clock.after(LOOK_EVERY_MS, () => void this.look())
  }

  async #tryToLook(): Promise<void> {
    try {
      await this.#lookNow()
      this.#loggedError = null
    } catch (failure) {
      const message = messageOf(failure)
      if (message !== this.#loggedError)
        this.#log.warn({ event: 'changes.unreadable' }, `changes cannot be read: ${message}`)
      this.#loggedError = message
    }
  }

  async #lookNow(): Promise<void> {
    const { engine, credentials } = this.#store
    const hasPauseChanged = this.#view.update(await engine.current(), await credentials.all())
    await this.#readRefreshes(hasPauseChanged)
    await this.#readProbes()
    await this.#readChanges()
  }

  async #readRefreshes(announceAll: boolean): Promise<void> {
    const ids = [...this.#unfinished.keys()]
    const rows = await this.#store.refreshes.changing({ ids, afterId: this.#position.refresh })
    for (const row of rows) {
      this.#position.refresh = Math.max(this.#position.refresh, row.id)
      this.#announce(row, announceAll)
    }
  }

  #announce(row: RefreshRow, always: boolean): void {
    const before = this.#unfinished.get(row.id)
    const done = doneOf(row)
    const isLast = hasEnded(row.state)
    if (isLast) this.#unfinished.delete(row.id)
    else this.#unfinished.set(row.id, { row, done })
    if (done !== (before?.done ?? 0))
      this.events.announce({ kind: 'results', refreshId: row.id, lastSeq: done })
    if (always || before?.row.state !== row.state)
      this.events.announce({ kind: 'state', refresh: row, isLast })
  }

  async #readProbes(): Promise<void> {
    for (;;) {
      const probes = await this.#store.probes.after(this.#position.probe, BATCH_SIZE)
      this.#position.probe = probes.at(-1)?.id ?? this.#position.probe
      this.#announceDevices(probes.filter(({ outcome }) => describesDevice(outcome)))
      if (probes.length < BATCH_SIZE) return
      await nextTurn()
    }
  }

  async #readChanges(): Promise<void> {
    for (;;) {
      const changes = await this.#store.changes.after(this.#position.change, BATCH_SIZE)
      this.#position.change = changes.at(-1)?.id ?? this.#position.change
      this.#announceDevices(changes)
      if (changes.length < BATCH_SIZE) return
      await nextTurn()
    }
  }

  #announceDevices(rows: readonly { deviceId: number }[]): void {
    const deviceIds = [...new Set(rows.map(({ deviceId }) => deviceId))]
    if (deviceIds.length > 0) this.events.announce({ kind: 'devices', deviceIds })
  }
}

export interface StoreWatchOptions {
  store: Store
  shared: Pick<SharedDatabase<Store>, 'listen'>
  view: EngineView
  clock: Clock
  log: Logger
}
