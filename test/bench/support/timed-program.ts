import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Closable } from '../../../src/base/close.ts'
import { NODE_FLAGS } from '../../cli/run-rollcall.ts'
import { answerOf } from './child-answers.ts'

/** What one run of a program's task took, as the program itself has measured it. */
export interface Timed {
  ms: number
  /** Of the text that came of it. */
  bytes: number
}

/** A program in a process of its own that does its one task each time it is told to: see `answerRuns`. */
export class TimedProgram implements Closable {
  readonly #child: ChildProcess

  constructor(script: URL, args: readonly string[]) {
    this.#child = fork(script, args, { execArgv: [...NODE_FLAGS] })
  }

  async run(): Promise<Timed> {
    const { ms, bytes } = await answerOf<Timed>(this.#child, 'run')
    return { ms, bytes }
  }

  /** The text that comes of the task. */
  async text(): Promise<string> {
    return (await answerOf<{ text: string }>(this.#child, 'text')).text
  }

  /** What else the program has to say. */
  async facts<T>(): Promise<T> {
    return await answerOf<T>(this.#child, 'facts')
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.kill()
    await once(this.#child, 'exit')
  }
}

/** The main part of such a program: the task is synchronous or not, and gives a text. */
export function answerRuns(task: () => string | Promise<string>, facts: () => unknown = () => null): void {
  process.on('message', async (question) => {
    if (question === 'facts') return void process.send?.(facts())
    const begun = performance.now()
    const text = await task()
    const ms = performance.now() - begun
    process.send?.(question === 'text' ? { text } : { ms, bytes: Buffer.byteLength(text) })
  })
  process.once('disconnect', () => process.exit())
}
