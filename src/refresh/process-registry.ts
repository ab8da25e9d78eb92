import { hostname } from 'node:os'
import type { Clock } from '../base/clock.ts'
import type { Closable } from '../base/close.ts'
import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import type { ProcessRole, ProcessRow, ProcessStore } from '../store/process-store.ts'

const BEAT_EVERY_MS = 2_000

export interface ProcessRegistryOptions {
  /** Null if no other process may use the database, as with SQLite: then nothing is stored. */
  processes: Pick<ProcessStore, 'heartbeat' | 'remove'> | null
  /** Unique among the processes. Default: the name of the host and the id of the process. */
  name?: string | undefined
  role: ProcessRole
  /** The regions that a prober serves. Default: none. */
  regions?: readonly string[]
  /** How many devices a prober probes at once. Default: it is no prober. */
  concurrency?: number
  /** Whether this process works as the engine at present. */
  isActive: () => boolean
  probesInFlight: () => number
  clock: Clock
  log: Logger
}

/** Tells the other processes every two seconds that this one is alive, and knows those that are. */
export class ProcessRegistry implements Closable {
  readonly name: string
  readonly #options: ProcessRegistryOptions
  readonly #startedAt: number
  #others: ProcessRow[] = []
  #lastSeenAt: number
  #cancelTimer: (() => void) | undefined
  #beating: Promise<void> = Promise.resolve()
  #isClosed = false
  #loggedError: string | null = null

  private constructor(options: ProcessRegistryOptions) {
    this.#options = options
    this.name = options.name ?? `${hostname()}:${process.pid}`
    this.#startedAt = options.clock.now()
    this.#lastSeenAt = this.#startedAt
  }

  /** Enters this process. Rejects with a RollcallError if the database cannot be written. */
  static async join(options: ProcessRegistryOptions): Promise<ProcessRegistry> {
    const registry = new ProcessRegistry(options)
    await registry.#beat()
    registry.#schedule()
    return registry
  }

  /** Returns the processes alive within the last seconds by name, including this one. */
  all(): ProcessRow[] {
    const self = { ...this.#self(), lastSeenAt: this.#lastSeenAt }
    return [...this.#others, self].sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** Tells the others now, because something has changed. */
  async tell(): Promise<void> {
    this.#beating = this.#beating.then(() => this.#tryToBeat())
    await this.#beating
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelTimer?.()
    await this.#beating
    // Without a database, the others notice after some seconds.
    await this.#options.processes?.remove(this.name).catch(() => undefined)
  }

  #self(): Omit<ProcessRow, 'lastSeenAt'> {
    const { role, regions = [], concurrency = null, isActive, probesInFlight } = this.#options
    return {
      name: this.name,
      role,
      regions: [...regions],
      version: VERSION,
      startedAt: this.#startedAt,
      active: isActive(),
      probesInFlight: probesInFlight(),
      concurrency,
    }
  }

  #schedule(): void {
    if (this.#isClosed) return
    this.#cancelTimer = this.#options.clock.after(BEAT_EVERY_MS, () => {
      void this.tell().finally(() => this.#schedule())
    })
  }

  async #tryToBeat(): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.#beat()
      this.#loggedError = null
    } catch (failure) {
      const message = messageOf(failure)
      if (message !== this.#loggedError)
        this.#options.log.warn({ event: 'heartbeat.failed' }, `no heartbeat could be written: ${message}`)
      this.#loggedError = message
    }
  }

  async #beat(): Promise<void> {
    const { processes, clock } = this.#options
    const seen = (await processes?.heartbeat(this.#self())) ?? []
    this.#others = seen.filter(({ name }) => name !== this.name)
    this.#lastSeenAt = seen.find(({ name }) => name === this.name)?.lastSeenAt ?? clock.now()
  }
}
