import {
  type CompletedCommand,
  type CompletedOption,
  type CompletedValue,
  withSubcommands,
} from './completion-tree.ts'

/** Returns the script for zsh: a function of the completion system for each command. */
export function zshScript(root: CompletedCommand): string {
  return `#compdef rollcall
# Completion of the commands of rollcall. Load it with: source <(rollcall completion zsh)

${withSubcommands(root).map(commandFunction).join('\n\n')}

# This is the function itself if the file is in a folder of fpath, and else a script that is sourced.
if [[ \${funcstack[1]} == _rollcall ]]; then
  _rollcall "$@"
else
  compdef _rollcall rollcall
fi`
}

function commandFunction(command: CompletedCommand): string {
  return command.commands.length > 0 ? parentFunction(command) : leafFunction(command)
}

function leafFunction({ path, options, arguments: taken }: CompletedCommand): string {
  return `${nameOf(path)}() {
  _arguments -S ${specsOf([...options.map(optionSpec), ...taken.map(argumentSpec)])}
}`
}

function parentFunction({ path, options, commands }: CompletedCommand): string {
  const described = commands.map(({ path, description }) => quoted(`${path.at(-1)}:${description}`))
  const inner = [quoted('1:command:->command'), quoted('*::argument:->argument')]
  const cases = commands.map(({ path }) => `    ${path.at(-1)}) ${nameOf(path)} && result=0 ;;`)
  return `${nameOf(path)}() {
  local curcontext=$curcontext state line result=1
  local -a commands
  commands=(
    ${described.join('\n    ')}
  )
  # The options after the name of a command are those of the command.
  _arguments -C -A '-*' ${specsOf([...options.map(optionSpec), ...inner])} && result=0
  case $state in
  command) _describe -t commands command commands && result=0 ;;
  argument)
    case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
  return result
}`
}

function nameOf(path: readonly string[]): string {
  return ['_rollcall', ...path].join('_')
}

function specsOf(specs: readonly string[]): string {
  return specs.map((spec) => `\\\n    ${spec}`).join(' ')
}

/** An option with a value may be given again, because most may, and the others say so themselves. */
function optionSpec({ names, description, value }: CompletedOption): string {
  const explained = `[${escaped(description)}]`
  if (value !== null) {
    return names
      .map((name) => quoted(`*${name}=${explained}:${escaped(value.name)}:${actionOf(value)}`))
      .join(' ')
  }
  return names.map((name) => quoted(`(${names.join(' ')})${name}${explained}`)).join(' ')
}

function argumentSpec(value: CompletedValue, index: number): string {
  return quoted(`${index + 1}:${escaped(value.name)}:${actionOf(value)}`)
}

function actionOf({ name, hint }: CompletedValue): string {
  if (hint === null) return ' '
  if (hint === 'files') return '_files'
  return 'listOf' in hint ? `_values -s , ${name} ${hint.listOf.join(' ')}` : `(${hint.join(' ')})`
}

function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
