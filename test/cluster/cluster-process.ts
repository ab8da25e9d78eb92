import type { ChildProcess } from 'node:child_process'
import { RollcallError } from '../../src/base/errors.ts'
import { type Running, type RunOptions, startRollcall } from '../cli/run-rollcall.ts'

/** How long a process may take to end in order. */
const MAX_STOP_MS = 5_000

export interface ClusterProcessOptions extends Pick<RunOptions, 'cwd' | 'env'> {
  /** Names the process in messages: `engine 1`. */
  name: string
  args: readonly string[]
  /** What it prints once it is up. */
  isUp: RegExp
  /** Called with each line that it prints. */
  onLine: (line: string) => void
  /** Called when it has ended without having been told to. */
  onLost: (how: string) => void
}

/** A `rollcall` of a cluster, which can be ended and started again. */
export class ClusterProcess {
  readonly name: string
  readonly #options: ClusterProcessOptions
  #running: Running | undefined
  /** Resolves when the last one that was started is gone. */
  #gone: Promise<unknown> = Promise.resolve()

  constructor(options: ClusterProcessOptions) {
    this.name = options.name
    this.#options = options
  }

  /** Null while it does not run. */
  get pid(): number | null {
    return this.#running?.child.pid ?? null
  }

  /** Resolves once it is up. Rejects with a RollcallError if it ends before that. */
  async start(): Promise<void> {
    const { args, cwd, env = {}, isUp, onLine, onLost } = this.#options
    const running = startRollcall(args, { cwd, env, detached: true })
    this.#running = running
    this.#gone = running.finished
    for (const stream of [running.child.stdout, running.child.stderr]) linesOf(stream, onLine)
    let isUpYet = false
    void running.finished.then(({ code }) => {
      if (this.#running !== running) return
      this.#running = undefined
      if (!isUpYet) return
      onLost(code === null ? `was ended by ${running.child.signalCode}` : `ended with exit code ${code}`)
    })
    try {
      await running.printed(isUp)
      isUpYet = true
    } catch {
      const { stderr } = await running.finished
      const [, reason = 'it says no reason'] = /^rollcall: (.+)$/m.exec(stderr) ?? []
      throw new RollcallError('CONFLICT', `The ${this.name} did not start: ${reason}`)
    }
  }

  /** A `kill -9`. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#end('SIGKILL')
    await this.#gone
  }

  /** Ends it in order, or after 5 s by force. */
  async stop(): Promise<void> {
    const running = this.#end('SIGTERM')
    const timer = setTimeout(() => running?.child.kill('SIGKILL'), MAX_STOP_MS)
    await this.#gone
    clearTimeout(timer)
  }

  #end(signal: NodeJS.Signals): Running | undefined {
    const running = this.#running
    this.#running = undefined
    running?.child.kill(signal)
    return running
  }
}

function linesOf(stream: ChildProcess['stdout'], onLine: (line: string) => void): void {
  let rest = ''
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}
