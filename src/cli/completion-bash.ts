import {
  type CompletedCommand,
  type CompletedValue,
  type ValueHint,
  withSubcommands,
} from './completion-tree.ts'

/**
 * Returns the script for bash 3.2 and newer. It walks along the words before the cursor to find the command,
 * and starts no process to know what may follow.
 */
export function bashScript(root: CompletedCommand): string {
  const commands = withSubcommands(root)
  const paths = commands.slice(1).map(({ path }) => quoted(keyOf(path)))
  return `# Completion of the commands of rollcall. Load it with: source <(rollcall completion bash)

# Sets "value" to the kind of value that an option takes: files, text, "words" or "list" with the words.
_rollcall_option() {
  case $1 in
${commands.flatMap(optionCases).join('\n')}
    *) value= ;;
  esac
}

# Sets "options", "words" and "value" to what may follow a command and a number of arguments.
_rollcall_command() {
  case $1 in
${commands.map(commandCase).join('\n')}
  esac
  case $1:$2 in
${commands.flatMap(argumentCases).join('\n')}
  esac
}

_rollcall() {
  local word=\${COMP_WORDS[COMP_CWORD]} command= value= options= words= given= count=0 index before line
  for ((index = 1; index < COMP_CWORD; index++)); do
    before=\${COMP_WORDS[index]}
    if [[ -n $value ]]; then
      # The = of --option=value is a word of its own.
      [[ $before == = ]] || value=
    elif [[ $before == -* ]]; then
      _rollcall_option "$command $before"
    else
      case "$command $before" in
        ${paths.join(' | ')})
          command="$command $before" ;;
        *) ((count++)) ;;
      esac
    fi
  done
  [[ $word == = ]] && word=
  if [[ -z $value ]]; then
    _rollcall_command "$command" "$count"
    [[ $word == -* ]] && words=$options value=
  fi
  COMPREPLY=()
  case $value in
    files)
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
      return ;;
    words\\ *) words=\${value#words } ;;
    list\\ *)
      words=\${value#list }
      [[ $word == *,* ]] && given=\${word%,*}, ;;
    text) return ;;
  esac
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
    compgen -P "$given" -W "$words" -- "\${word#"$given"}"
  )
}

complete -F _rollcall rollcall`
}

/** The words of a command as the script collects them. */
function keyOf(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('')
}

function optionCases({ path, options }: CompletedCommand): string[] {
  return options.flatMap(({ names, value }) => {
    if (value === null) return []
    const patterns = names.map((name) => quoted(`${keyOf(path)} ${name}`))
    return `    ${patterns.join(' | ')}) value=${quoted(kindOf(value.hint))} ;;`
  })
}

function commandCase({ path, options }: CompletedCommand): string {
  return `    ${quoted(keyOf(path))}) options=${quoted(options.flatMap(({ names }) => names).join(' '))} ;;`
}

function argumentCases({ path, arguments: taken, commands }: CompletedCommand): string[] {
  const words: CompletedValue[] = commands.length > 0 ? [{ name: 'command', hint: namesOf(commands) }] : taken
  return words.map(
    ({ hint }, index) => `    ${quoted(`${keyOf(path)}:${index}`)}) value=${quoted(kindOf(hint))} ;;`,
  )
}

function namesOf(commands: readonly CompletedCommand[]): string[] {
  return commands.map(({ path }) => path.at(-1) ?? '')
}

function kindOf(hint: ValueHint): string {
  if (hint === null) return 'text'
  if (hint === 'files') return 'files'
  return 'listOf' in hint ? `list ${hint.listOf.join(' ')}` : `words ${hint.join(' ')}`
}

function quoted(text: string): string {
  return `'${text}'`
}
