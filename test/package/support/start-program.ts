import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { CommandOutput, type Finished, type Running } from '../../cli/run-rollcall.ts'

/** Starts a program that a user would call by this path, and kills it with the test if it still runs. */
export function startProgram(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number },
): Running {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = new CommandOutput()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => output.add(name, text))
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout: output.stdout, stderr: output.stderr }))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await finished
  })
  return { child, finished, printed: (pattern) => output.printed(pattern, finished) }
}
