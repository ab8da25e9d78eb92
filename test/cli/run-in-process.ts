import { vi } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import type { Finished, RunOptions } from './run-rollcall.ts'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs `rollcall` with these arguments in this process, which takes a tenth of the time of a new one: for tests of
 * what a command prints. One at a time, since it takes the folder, the environment and the output of the process.
 */
export async function runInProcess(
  args: readonly string[],
  { cwd, env = {} }: Pick<RunOptions, 'cwd' | 'env'>,
): Promise<Finished> {
  const before = { cwd: process.cwd(), env: process.env, exitCode: process.exitCode }
  const listeners = STOP_SIGNALS.map((signal) => process.listeners(signal))
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)]
  try {
    process.chdir(cwd)
    process.env = { PATH: before.env.PATH, ...env }
    process.exitCode = undefined
    const code = (await runProgram(args)) ?? Number(process.exitCode ?? 0)
    return { code, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    stdout.restore()
    stderr.restore()
    process.chdir(before.cwd)
    process.env = before.env
    process.exitCode = before.exitCode
    for (const [index, signal] of STOP_SIGNALS.entries()) {
      for (const listener of process.listeners(signal)) {
        if (!listeners[index]?.includes(listener)) process.off(signal, listener)
      }
    }
  }
}

/** Keeps what is written to the stream from it. */
function capture(stream: NodeJS.WriteStream) {
  let text = ''
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk, encoding, callback) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    const written = typeof encoding === 'function' ? encoding : callback
    if (written) process.nextTick(written)
    return true
  })
  return { text: () => text, restore: () => spy.mockRestore() }
}
