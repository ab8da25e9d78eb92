import { once } from 'node:events'
import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import type { Config } from '../../config/schema.ts'
import type { InventorySource } from '../../sources/source.ts'
import type { EngineTerm, SharedDatabase, Store } from '../../store/store.ts'
import type { EngineCommands } from '../refreshes.ts'
import { CommandServer } from './command-server.ts'
import type { EngineState } from './engine-state.ts'

const PUBLISH_EVERY_MS = 1_000

/** What an engine does in one term. */
export interface EngineWork {
  commands: EngineCommands
  /** Follows a change of the configuration; see `RefreshService.change`. */
  change(config: Config, sources: readonly InventorySource[]): void
  state(): Promise<EngineState>
  /**
   * Ends everything: probes in flight get some seconds, unless `lost` aborts, which ends them and writes
   * nothing more.
   */
  close(lost: AbortSignal): Promise<void>
}

export interface EngineCandidateOptions {
  shared: SharedDatabase<Store>
  /** The name of this process. */
  name: string
  /** Starts the work of a term. */
  startWork: (term: EngineTerm<Store>) => Promise<EngineWork>
  /** Called when this process has become the engine, or is it no longer. */
  onChange: () => void
  clock: Clock
  log: Logger
}

/**
 * A process that works as the engine whenever it is elected:
 *
 * - WAITING → WORKING: it is elected, its work has started, and it takes commands.
 * - WORKING → WAITING: it has lost the connection that holds the office. It stops at once.
 * - WORKING → closed: it is closed. It ends its work in order, answers the commands that run, and resigns.
 */
export class EngineCandidate implements Closable {
  readonly #options: EngineCandidateOptions
  #election: Closable | undefined
  #isActive = false

  private constructor(options: EngineCandidateOptions) {
    this.#options = options
  }

  /**
   * Resolves once this process works as the engine or another one does. Rejects if the database cannot be
   * reached, or its own work cannot be started.
   */
  static async start(options: EngineCandidateOptions): Promise<EngineCandidate> {
    const candidate = new EngineCandidate(options)
    const settled = Promise.withResolvers<void>()
    candidate.#election = await options.shared.elect({
      name: options.name,
      lead: async (term) => {
        try {
          await candidate.#lead(term, settled.resolve)
        } catch (failure) {
          settled.reject(failure)
          throw failure
        }
      },
      onWaiting: settled.resolve,
    })
    try {
      await settled.promise
    } catch (failure) {
      await candidate.close()
      throw failure
    }
    return candidate
  }

  /** Whether this process works as the engine. */
  get isActive(): boolean {
    return this.#isActive
  }

  async close(): Promise<void> {
    await this.#election?.close()
  }

  async #lead(term: EngineTerm<Store>, onUp: () => void): Promise<void> {
    const { shared, startWork, clock, log } = this.#options
    const { ending, lost } = term
    const work = await startWork(term)
    const publish = async () => {
      await term.data.engine.publish(term.number, JSON.stringify(await work.state()))
    }
    const publisher = new Publisher(publish, clock)
    const server = new CommandServer({
      term,
      shared,
      engine: work.commands,
      beforeAnswer: publish,
      clock,
      log,
    })
    try {
      await publisher.publish()
      this.#setActive(true)
      log.info(
        { event: 'engine.started', term: term.number, isTakeover: term.isTakeover },
        'this process works as the engine',
      )
      onUp()
      await aborted(AbortSignal.any([ending, lost]))
      log.info(
        { event: 'engine.ended', term: term.number },
        lost.aborted ? 'the engine stops: its connection is lost' : 'the engine ends',
      )
    } finally {
      server.stop()
      await work.close(lost)
      await server.close()
      publisher.close()
      this.#setActive(false)
    }
  }

  #setActive(isActive: boolean): void {
    this.#isActive = isActive
    this.#options.onChange()
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

/** Stores the state of the engine every second, which shows the other processes that it works. */
class Publisher {
  readonly #publish: () => Promise<void>
  readonly #clock: Clock
  #cancelTimer: (() => void) | undefined
  #isClosed = false

  constructor(publish: () => Promise<void>, clock: Clock) {
    this.#publish = publish
    this.#clock = clock
  }

  async publish(): Promise<void> {
    // Without a database, the next one counts.
    await this.#publish().catch(() => undefined)
    if (!this.#isClosed) this.#cancelTimer = this.#clock.after(PUBLISH_EVERY_MS, () => void this.publish())
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
  }
}
