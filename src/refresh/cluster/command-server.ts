import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import { messageOf, RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Command } from '../../store/command-store.ts'
import type { EngineTerm, SharedDatabase, Store } from '../../store/store.ts'
import type { EngineCommands } from '../refreshes.ts'
import { answerOf, isCommandName } from './commands.ts'

/** How often is looked for commands of which no notice has come. */
const LOOK_EVERY_MS = 1_000
/** The sender of an older command has given up. */
const SENT_WITHIN_MS = 5_000
const PRUNE_EVERY_MS = 600_000

/** Does the commands of other processes, for one term of the engine. Several run at the same time. */
export class CommandServer implements Closable {
  readonly #term: Pick<EngineTerm<Store>, 'number' | 'data'>
  readonly #engine: EngineCommands
  readonly #beforeAnswer: () => Promise<void>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #stopListening: () => void
  readonly #running = new Set<Promise<void>>()
  #taking: Promise<void> | undefined
  #mayBeMore = false
  #cancelTimer: (() => void) | undefined
  #prunedAt = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(options: {
    term: Pick<EngineTerm<Store>, 'number' | 'data'>
    shared: Pick<SharedDatabase<Store>, 'listen'>
    engine: EngineCommands
    /** Called before each answer, which is sent even if this rejects. */
    beforeAnswer: () => Promise<void>
    clock: Clock
    log: Logger
  }) {
    this.#term = options.term
    this.#engine = options.engine
    this.#beforeAnswer = options.beforeAnswer
    this.#clock = options.clock
    this.#log = options.log
    this.#stopListening = options.shared.listen((notice) => {
      if (notice === 'COMMAND') this.#take()
    })
    this.#take()
  }

  /** Takes no more commands. Those that run go on. */
  stop(): void {
    this.#isClosed = true
    this.#stopListening()
    this.#cancelTimer?.()
  }

  /** Waits until the commands that run are answered. */
  async close(): Promise<void> {
    this.stop()
    await this.#taking
    await Promise.all(this.#running)
  }

  #take(): void {
    this.#mayBeMore = true
    if (this.#isClosed || this.#taking) return
    this.#cancelTimer?.()
    this.#taking = this.#takeAll().finally(() => {
      this.#taking = undefined
      if (!this.#isClosed) this.#cancelTimer = this.#clock.after(LOOK_EVERY_MS, () => this.#take())
    })
  }

  async #takeAll(): Promise<void> {
    const { number, data } = this.#term
    try {
      while (this.#mayBeMore && !this.#isClosed) {
        this.#mayBeMore = false
        const taken = await data.commands.take(number, { sentWithinMs: SENT_WITHIN_MS })
        for (const command of taken) this.#start(command)
        if (taken.length > 0) this.#mayBeMore = true
      }
      if (this.#clock.elapsed() - this.#prunedAt < PRUNE_EVERY_MS) return
      this.#prunedAt = this.#clock.elapsed()
      await data.commands.prune()
      await data.rates.prune()
    } catch (failure) {
      this.#log.debug(
        { event: 'commands.unreadable', err: failure },
        'the commands of other processes could not be read',
      )
    }
  }

  #start(command: Command): void {
    const done = this.#answer(command).finally(() => this.#running.delete(done))
    this.#running.add(done)
  }

  async #answer({ id, name, arguments: given }: Command): Promise<void> {
    try {
      const answer = await answerOf(this.#call(name, given))
      await this.#beforeAnswer().catch(() => undefined)
      await this.#term.data.commands.answer(id, answer)
    } catch (failure) {
      this.#log.warn(
        { event: 'command.unanswered', command: name },
        `a command could not be answered: ${messageOf(failure)}`,
      )
    }
  }

  async #call(name: string, given: string): Promise<unknown> {
    if (!isCommandName(name)) throw new Error(`There is no command "${name}".`)
    try {
      return await Reflect.apply(this.#engine[name], this.#engine, JSON.parse(given))
    } catch (failure) {
      if (!(failure instanceof RollcallError))
        this.#log.error({ event: 'command.failed', err: failure, command: name }, 'a command failed')
      throw failure
    }
  }
}
