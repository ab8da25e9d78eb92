import { type ChildProcess, fork } from 'node:child_process'
import type { Closable } from '../../../src/base/close.ts'
import { answerOf } from './child-answers.ts'
import { type PageLoad, type PageLoadResult, STOP } from './page-load.ts'

/**
 * A process that asks for pages. It compiles and collects garbage on its only thread: helpers would take the processor from
 * the gateway that it measures.
 */
export class PageProcess implements Closable {
  readonly #child: ChildProcess = fork(new URL('../clients/page-load.ts', import.meta.url), {
    serialization: 'advanced',
    execArgv: ['--single-threaded'],
  })

  /** Resolves with what came of the load; rejects where an answer has errors. One load at a time. */
  async ask(load: PageLoad): Promise<PageLoadResult> {
    return await answerOf(this.#child, load)
  }

  /** Ends the load that is under way, before its time. */
  stop(): void {
    // It has ended where an answer had errors, and `ask` says so.
    if (this.#child.connected) this.#child.send(STOP, () => undefined)
  }

  async close(): Promise<void> {
    this.#child.kill()
  }
}
