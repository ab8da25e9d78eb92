import { Command, CommanderError } from 'commander'
import { messageOf, RollcallError, systemCodeOf } from '../base/errors.ts'
import { flushLog } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import { tell } from './output.ts'
import { ignoreUserSignals } from './signals.ts'

const FAILURE = 1
const WRONG_USAGE = 2

/** How long the process waits at its end for the last lines of the log to be read. */
const FLUSH_MS = 1_000

/** In the order of the help. */
const COMMANDS = new Map([
  ['serve', () => import('./serve.ts')],
  ['demo', () => import('./demo.ts')],
  ['refresh', () => import('./refresh.ts')],
  ['sync', () => import('./sync.ts')],
  ['probe', () => import('./probe.ts')],
  ['export', () => import('./export.ts')],
  ['simulate', () => import('./simulate.ts')],
  ['token', () => import('./token.ts')],
])

const program = new Command('rollcall')
  .description('Knows which network devices can be driven over NETCONF, now.')
  .version(VERSION)

program.exitOverride().configureOutput({ outputError: () => undefined })

ignoreUserSignals()

// Nobody reads stderr any more. The command goes on without it.
process.stderr.on('error', () => undefined)
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that stops early (`rollcall export devices | head`) is not a failure.
  if (error.code === 'EPIPE') process.exit(0)
  tell(`rollcall: The output cannot be written (${error.message}); give it a place that takes it.`)
  process.exit(FAILURE)
})

try {
  await addCommands()
  await program.parseAsync(upToUnknown(process.argv.slice(2)), { from: 'user' })
} catch (failure) {
  process.exitCode = exitCodeOf(failure)
}
// Log lines that nobody reads would keep the process alive.
if (!(await flushLog(FLUSH_MS))) process.exit()

/**
 * Loads only the command that is called, because loading all takes half a second. Without a command, loads
 * all.
 */
async function addCommands(): Promise<void> {
  const asked = COMMANDS.get(process.argv[2] ?? '')
  for (const load of asked ? [asked] : COMMANDS.values()) {
    const { command } = await load()
    program.addCommand(withOwnErrors(command))
  }
}

/**
 * Drops all words after an unknown command, so that `rollcall unknown --help` is an error and prints no other
 * help.
 */
function upToUnknown(words: readonly string[], parent: Command = program): string[] {
  const [word, ...rest] = words
  if (word === undefined || word.startsWith('-') || word === 'help' || parent.commands.length === 0)
    return [...words]
  const command = parent.commands.find((each) => each.name() === word)
  return command ? [word, ...upToUnknown(rest, command)] : [word]
}

/** Makes a command throw its errors, so that `exitCodeOf` reports them all. */
function withOwnErrors(command: Command): Command {
  for (const inner of command.commands) withOwnErrors(inner)
  return command.exitOverride().configureOutput({ outputError: () => undefined })
}

/** Tells whether a system call failed: a full disk, a missing folder, a limit. */
function isRefusal(failure: unknown): boolean {
  return failure instanceof Error && 'syscall' in failure && systemCodeOf(failure) !== undefined
}

/** Prints what went wrong in a sentence, and returns the exit code of the process. */
function exitCodeOf(failure: unknown): number {
  if (failure instanceof CommanderError) {
    if (failure.exitCode === 0) return 0
    // Without a command, the help has been printed already.
    if (failure.code === 'commander.help') return WRONG_USAGE
    tell(`rollcall: ${failure.message.replace(/^error: /, '')}`)
    return WRONG_USAGE
  }
  if (failure instanceof RollcallError) {
    tell(`rollcall: ${failure.message}`)
    return failure.code === 'USAGE' ? WRONG_USAGE : FAILURE
  }
  if (isRefusal(failure)) {
    tell(`rollcall: The system refused what Rollcall needs (${messageOf(failure)}); check what that names.`)
    return FAILURE
  }
  tell(`rollcall: failed by a bug of its own (${messageOf(failure)}); please report it.`)
  return FAILURE
}
