import { flushLog } from '../base/log.ts'
import { tracing } from '../base/tracing.ts'
import { tell } from './output.ts'
import { FAILURE, runProgram } from './program.ts'
import { ignoreUserSignals } from './signals.ts'

/** How long the process waits at its end for the last lines of the log to be read. */
const FLUSH_MS = 1_000

ignoreUserSignals()

// Nobody reads stderr any more. The command goes on without it.
process.stderr.on('error', () => undefined)
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that stops early (`rollcall export devices | head`) is not a failure.
  if (error.code === 'EPIPE') process.exit(0)
  tell(`rollcall: The output cannot be written (${error.message}); give it a place that takes it.`)
  process.exit(FAILURE)
})

const exitCode = await runProgram(process.argv.slice(2))
if (exitCode !== undefined) process.exitCode = exitCode
// Log lines that nobody reads would keep the process alive, and so would spans that no collector takes.
if (!(await flushLog(FLUSH_MS)) || tracing()?.isStuck()) process.exit()
