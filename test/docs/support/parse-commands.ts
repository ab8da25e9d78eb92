import { parentPort, workerData } from 'node:worker_threads'
import type { Command } from 'commander'
import { createProgram } from '../../../src/cli/program.ts'

// A thread of its own, because the commands are changed here: they do nothing. It gets the words of calls of
// `rollcall`, and answers with what commander says of each; null if it accepts the call.

const program = await createProgram()
withoutActions(program)

const verdicts: (string | null)[] = []
for (const words of workerData as string[][]) {
  verdicts.push(
    await program.parseAsync(words, { from: 'user' }).then(
      () => null,
      (failure: Error) => failure.message,
    ),
  )
}
parentPort?.postMessage(verdicts)

function withoutActions(command: Command): void {
  if (command.commands.length === 0) command.action(() => {})
  for (const inner of command.commands) withoutActions(inner)
}
