import { Command, CommanderError } from 'commander'
import { messageOf, RollcallError, systemCodeOf } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { tell } from './output.ts'
import { MIN_COLUMNS } from './wrapping.ts'

export const FAILURE = 1
const WRONG_USAGE = 2

/** In the order of the help. */
const COMMANDS = new Map([
  ['serve', () => import('./serve.ts')],
  ['prober', () => import('./prober.ts')],
  ['demo', () => import('./demo.ts')],
  ['refresh', () => import('./refresh.ts')],
  ['sync', () => import('./sync.ts')],
  ['probe', () => import('./probe.ts')],
  ['devices', () => import('./devices.ts')],
  ['plan', () => import('./plan.ts')],
  ['trust', () => import('./trust.ts')],
  ['reload', () => import('./reload.ts')],
  ['resume', () => import('./resume.ts')],
  ['health', () => import('./health.ts')],
  ['export', () => import('./export.ts')],
  ['init', () => import('./init.ts')],
  ['config', () => import('./config.ts')],
  ['notify', () => import('./notify.ts')],
  ['simulate', () => import('./simulate.ts')],
  ['token', () => import('./token.ts')],
  ['db', () => import('./db.ts')],
  ['completion', () => import('./completion.ts')],
])

/**
 * Runs the command with these arguments. Returns the exit code of the process, or undefined if the
 * command ended without an error; it may have set `process.exitCode` itself then.
 */
export async function runProgram(words: readonly string[]): Promise<number | undefined> {
  try {
    const program = await createProgram(words[0])
    await program.parseAsync(upToUnknown(words, program), { from: 'user' })
    return undefined
  } catch (failure) {
    return exitCodeOf(failure)
  }
}

/** Creates the program with the command of this name; with all commands if there is none. */
export async function createProgram(name?: string): Promise<Command> {
  const program = new Command('rollcall')
    .description('Knows which network devices can be driven over NETCONF, now.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ minWidthToWrap: MIN_COLUMNS })
  await addCommands(program, name)
  return program
}

/**
 * Loads only the command that is called, because loading all takes half a second. Loads all without a
 * command, and for `completion`, which knows all of them.
 */
async function addCommands(program: Command, name = ''): Promise<void> {
  const asked = name === 'completion' ? undefined : COMMANDS.get(name)
  for (const load of asked ? [asked] : COMMANDS.values()) {
    const { command } = await load()
    program.addCommand(prepared(command))
  }
}

/**
 * Drops all words after an unknown command, so that `rollcall unknown --help` is an error and prints no other
 * help.
 */
function upToUnknown(words: readonly string[], parent: Command): string[] {
  const [word, ...rest] = words
  if (word === undefined || word.startsWith('-') || word === 'help' || parent.commands.length === 0)
    return [...words]
  const command = parent.commands.find((each) => each.name() === word)
  return command ? [word, ...upToUnknown(rest, command)] : [word]
}

/**
 * Makes a command throw its errors, so that `exitCodeOf` reports them all, and wrap its help on a narrow
 * terminal.
 */
function prepared(command: Command): Command {
  for (const inner of command.commands) prepared(inner)
  return command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ minWidthToWrap: MIN_COLUMNS })
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
