import {
  type CompletedCommand,
  type CompletedOption,
  type ValueHint,
  withSubcommands,
} from './completion-tree.ts'

/** Returns the script for fish 3 and newer. */
export function fishScript(root: CompletedCommand): string {
  const commands = withSubcommands(root)
  const paths = commands.slice(1).map(({ path }) => quoted(keyOf(path)))
  return `# Completion of the commands of rollcall. Load it with: rollcall completion fish | source

# Tells whether the words before the cursor call this command.
function __rollcall_at
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -e words[1]
    set -l called ''
    set -l is_value no
    for word in $words
        if test $is_value = yes
            set is_value no
        else if contains -- "$called $word" ${commands.flatMap(optionKeys).join(' ')}
            set is_value yes
        else if contains -- "$called $word" ${paths.join(' ')}
            set called "$called $word"
        end
    end
    test "$called" = "$argv[1]"
end

# Prints each of these words after those that the list before the cursor has already.
function __rollcall_list
    set -l word (commandline --current-token --cut-at-cursor | string replace -r '^--[^=]*=' '')
    set -l given (string match -r '^.*,' -- "$word")
    printf '%s\\n' "$given"$argv
end

complete -c rollcall -f
${commands.flatMap(linesOf).join('\n')}`
}

/** The words of a command as the script collects them. */
function keyOf(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('')
}

/** The options whose value is the next word. */
function optionKeys({ path, options }: CompletedCommand): string[] {
  const withValue = options.filter(({ value }) => value !== null)
  return withValue.flatMap(({ names }) => names.map((name) => quoted(`${keyOf(path)} ${name}`)))
}

function linesOf({ path, options, arguments: taken, commands }: CompletedCommand): string[] {
  const start = `complete -c rollcall -n ${quoted(`__rollcall_at "${keyOf(path)}"`)}`
  return [
    ...commands.map(({ path, description }) => `${start} -a ${path.at(-1)} -d ${quoted(description)}`),
    ...options.map((option) => `${start} ${optionWords(option)}`),
    ...taken.flatMap(({ hint }) => (hint === null ? [] : `${start} ${offerOf(hint)}`)),
  ]
}

function optionWords({ names, description, value }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  const taken = value === null ? [] : [`-r ${offerOf(value.hint)}`]
  return [...flags, ...taken, `-d ${quoted(description)}`].join(' ')
}

function offerOf(hint: ValueHint): string {
  if (hint === null) return '-f'
  if (hint === 'files') return '-F'
  return `-f -a ${quoted('listOf' in hint ? `(__rollcall_list ${hint.listOf.join(' ')})` : hint.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
