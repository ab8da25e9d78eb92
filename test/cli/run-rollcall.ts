import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const BIN = join(import.meta.dirname, '../../src/cli/bin.js')
/** The first line of the bin: `env -S NAME=VALUE… node FLAG…`. */
const [, , ...WORDS] = readFileSync(BIN, 'utf8').split('\n', 1)[0]?.split(' ') ?? []
/** The flags of Node.js in that line. */
export const NODE_FLAGS: readonly string[] = WORDS.slice(WORDS.indexOf('node') + 1)
/** The environment variables in that line. */
const VARIABLES = Object.fromEntries(WORDS.slice(0, WORDS.indexOf('node')).map((word) => word.split('=')))

/** What a command left behind. */
export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** What a command has printed so far. */
export class CommandOutput {
  stdout = ''
  stderr = ''
  #look = () => {}

  add(name: 'stdout' | 'stderr', text: string): void {
    this[name] += text
    this.#look()
  }

  /** Resolves with the first match in either stream; rejects if the command ends without one. */
  printed(pattern: RegExp, finished: Promise<Finished>): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
        if (match) resolve(match)
      }
      this.#look()
      void finished.then(() => reject(new Error(`It ended without printing ${pattern}: ${this.stderr}`)))
    })
  }
}

/** A command under way in a process of its own. */
export interface Running {
  child: ChildProcess
  finished: Promise<Finished>
  /** Resolves with the first match in what it prints to either stream; rejects if it ends without one. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
}

export interface RunOptions {
  cwd: string
  env?: NodeJS.ProcessEnv
  /** A file that stdout goes to. */
  stdout?: number
  /** A file that stderr goes to. */
  stderr?: number
  /** What bash runs to start the command, which is `"$@"`: `ulimit -n 64 && exec "$@"`. */
  script?: string
  /** Another file than the project's bin. */
  bin?: string
  /** Whether a Ctrl-C at the terminal does not reach it. */
  detached?: boolean
}

/** Starts `rollcall` with these arguments, as a person would from a shell. */
export function startRollcall(
  args: readonly string[],
  { cwd, env = {}, stdout, stderr, script, bin = BIN, detached = false }: RunOptions,
): Running {
  const command = [process.execPath, ...NODE_FLAGS, bin, ...args]
  const [program = '', ...rest] = script === undefined ? command : ['bash', '-c', script, 'bash', ...command]
  const child = spawn(program, rest, {
    cwd,
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      ...VARIABLES,
      ...env,
    },
    stdio: ['ignore', stdout ?? 'pipe', stderr ?? 'pipe'],
    detached,
  })
  const output = new CommandOutput()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => output.add(name, text))
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout: output.stdout, stderr: output.stderr }))
  })
  return { child, finished, printed: (pattern) => output.printed(pattern, finished) }
}

export function runRollcall(args: readonly string[], options: RunOptions): Promise<Finished> {
  return startRollcall(args, options).finished
}
