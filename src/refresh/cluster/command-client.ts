import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import type { CommandProgress } from '../../store/command-store.ts'
import type { SharedDatabase, Store } from '../../store/store.ts'
import { type CommandName, resultOf } from './commands.ts'
import { ENGINE_SILENT_MS } from './engine-view.ts'

/** How long a command waits for an engine to take it. Five seconds are promised to its sender. */
const TAKEN_WITHIN_MS = 4_000
/** How often is looked for answers of which no notice has come. */
const LOOK_EVERY_MS = 500

interface Waiting {
  /** A time of `Clock.elapsed`. */
  sentAt: number
  answered: PromiseWithResolvers<string>
}

/**
 * Has the engine do what only it may do, through the database: stores a command, and waits until the engine
 * has stored its answer. The engine does a command at most once.
 */
export class CommandClient implements Closable {
  readonly #store: Pick<Store, 'commands' | 'engine'>
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  readonly #stopListening: () => void
  #cancelTimer: (() => void) | undefined
  #looking: Promise<void> | undefined
  #isClosed = false

  constructor(options: {
    store: Pick<Store, 'commands' | 'engine'>
    shared: Pick<SharedDatabase<Store>, 'listen'>
    clock: Clock
  }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#stopListening = options.shared.listen((notice) => {
      if (notice === 'ANSWER') this.#look()
    })
  }

  /**
   * Resolves with the result of the command, or rejects as it does. Rejects with ENGINE_UNAVAILABLE if no
   * engine takes it within four seconds, or the one that did is gone.
   */
  async call(name: CommandName, given: readonly unknown[]): Promise<unknown> {
    if (this.#isClosed) throw stopping()
    const id = await this.#store.commands.send({ name, arguments: JSON.stringify(given) })
    const answered = Promise.withResolvers<string>()
    this.#waiting.set(id, { sentAt: this.#clock.elapsed(), answered })
    // The notice may have come before.
    this.#look()
    return resultOf(await answered.promise)
  }

  /** Gives up the commands that wait. What the engine has taken, it does all the same. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopListening()
    this.#cancelTimer?.()
    await this.#looking
    for (const { answered } of this.#waiting.values()) answered.reject(stopping())
    this.#waiting.clear()
  }

  #look(): void {
    if (this.#isClosed || this.#waiting.size === 0) return
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#looking) return
    this.#looking = this.#lookOnce().finally(() => {
      this.#looking = undefined
      if (this.#isClosed || this.#waiting.size === 0) return
      this.#cancelTimer = this.#clock.after(LOOK_EVERY_MS, () => this.#look())
    })
  }

  async #lookOnce(): Promise<void> {
    const waiting = [...this.#waiting]
    try {
      const progress = await this.#store.commands.progress(waiting.map(([id]) => id))
      for (const [id, command] of waiting) await this.#settle(id, command, progress.get(id))
    } catch (failure) {
      // The database cannot be read at present: only the time decides how long that is waited for.
      for (const [id, { sentAt, answered }] of waiting) {
        if (this.#clock.elapsed() - sentAt < TAKEN_WITHIN_MS) continue
        this.#waiting.delete(id)
        answered.reject(failure)
      }
    }
  }

  async #settle(
    id: number,
    { sentAt, answered }: Waiting,
    progress: CommandProgress | undefined,
  ): Promise<void> {
    const { commands } = this.#store
    switch (progress?.state) {
      case 'ANSWERED':
        this.#waiting.delete(id)
        answered.resolve(progress.answer)
        await commands.remove(id)
        break
      case 'TAKEN':
        if (await this.#isAtWork(progress.term)) break
        this.#waiting.delete(id)
        answered.reject(lostEngine())
        break
      default:
        if (this.#clock.elapsed() - sentAt < TAKEN_WITHIN_MS) break
        // Unless an engine has just taken it.
        if (progress !== undefined && !(await commands.withdraw(id))) break
        this.#waiting.delete(id)
        answered.reject(noEngine())
    }
  }

  async #isAtWork(term: number): Promise<boolean> {
    const engine = await this.#store.engine.current()
    return engine?.term === term && engine.unseenMs < ENGINE_SILENT_MS
  }
}

function noEngine(): RollcallError {
  return new RollcallError('ENGINE_UNAVAILABLE', 'No engine is running, so nothing was done.')
}

function lostEngine(): RollcallError {
  return new RollcallError(
    'ENGINE_UNAVAILABLE',
    'The engine stopped before it answered; look whether this was done.',
  )
}

function stopping(): RollcallError {
  return new RollcallError('CONFLICT', 'Rollcall is stopping; try again once it runs.')
}
