import type { Argument, Command, Option } from 'commander'
import { ListOption } from './choice-options.ts'

/** The completions of a value: the names of files, one of some words, a list with commas, or nothing. */
export type ValueHint = 'files' | readonly string[] | { listOf: readonly string[] } | null

export interface CompletedValue {
  /** As the help names it. */
  name: string
  hint: ValueHint
}

export interface CompletedOption {
  /** With their dashes: `-h`, `--help`. */
  names: string[]
  description: string
  /** Null if the option takes no value. */
  value: CompletedValue | null
}

/** The parts of a command that a script for a shell completes. */
export interface CompletedCommand {
  /** The words that call it, after `rollcall`. */
  path: string[]
  description: string
  options: CompletedOption[]
  arguments: CompletedValue[]
  commands: CompletedCommand[]
}

/** Reads what a command and its subcommands take, as their help shows it. */
export function completedCommand(command: Command, path: string[] = []): CompletedCommand {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  return {
    path,
    description: firstSentence(command.description()),
    options: help.visibleOptions(command).map(completedOption),
    arguments: command.registeredArguments.map(completedArgument),
    commands: commands.map((inner) => completedSubcommand(inner, commands, path)),
  }
}

/** Returns a command and all below it, each before its subcommands. */
export function withSubcommands(command: CompletedCommand): CompletedCommand[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

function completedSubcommand(
  command: Command,
  siblings: readonly Command[],
  path: readonly string[],
): CompletedCommand {
  const completed = completedCommand(command, [...path, command.name()])
  if (command.name() !== 'help') return completed
  const names = siblings.map((each) => each.name()).filter((name) => name !== 'help')
  return { ...completed, arguments: completed.arguments.map(({ name }) => ({ name, hint: names })) }
}

function completedOption(option: Option): CompletedOption {
  const { short, long, description, flags, required, argChoices } = option
  const name = /<(.+)>/.exec(flags)?.[1] ?? ''
  const hint = option instanceof ListOption ? { listOf: option.words } : hintOf(name, argChoices)
  return {
    names: [short, long].filter((each) => each !== undefined),
    description: firstSentence(description),
    value: required ? { name, hint } : null,
  }
}

function completedArgument(argument: Argument): CompletedValue {
  return { name: argument.name(), hint: hintOf(argument.name(), argument.argChoices) }
}

function hintOf(name: string, choices: readonly string[] | undefined): ValueHint {
  return choices ?? (name === 'file' ? 'files' : null)
}

function firstSentence(text: string): string {
  return /^.*?(?=\. |\.?$)/.exec(text)?.[0] ?? text
}
