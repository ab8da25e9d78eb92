import { inspect } from 'node:util'
import type { Command } from 'commander'
import { CloseStack } from '../../../src/base/close.ts'
import { RollcallError } from '../../../src/base/errors.ts'

/**
 * Runs `measure` with the options of the command line, and then releases, last in first out, whatever it gave to the
 * stack; Ctrl-C does that too. A failure is told, with exit code 1; figures, however bad, are no failure.
 */
export async function runBenchmark<Options extends object>(
  command: Command,
  measure: (options: Options, stack: CloseStack) => Promise<void>,
): Promise<void> {
  const stack = new CloseStack()
  process.once('SIGINT', () => {
    void stack.close().finally(() => process.exit(130))
  })
  command.action(async (options: Options) => {
    try {
      await measure(options, stack)
    } finally {
      await stack.close()
    }
  })
  try {
    await command.parseAsync()
  } catch (failure) {
    const text = failure instanceof RollcallError ? failure.message : inspect(failure)
    tell(`${command.name()}: ${text}`)
    process.exitCode = 1
  }
}

/** Progress, for the person who waits. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
