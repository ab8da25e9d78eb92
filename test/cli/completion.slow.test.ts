import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { isInstalled } from '../support/is-installed.ts'
import { runInProcess } from './run-in-process.ts'

const run = promisify(execFile)

/** Completes a line as bash does, which gives the words to the function. The = of an option is one of them. */
const IN_BASH = `
  source ./script
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _rollcall
  printf '%s\\n' "\${COMPREPLY[@]}"`

/**
 * Completes the line in $LINE in an editor of zsh, which needs a terminal. The matches that the completion system adds,
 * some of them more than once, are written to ./matches.
 */
const IN_ZSH = `
  autoload -Uz compinit && compinit -u -D
  source ./script
  compadd() {
    local -a found
    builtin compadd -O found "$@"
    print -rl -- $IPREFIX\${^found} >> matches
    builtin compadd "$@"
  }
  zle-line-init() { zle list-choices; exit }
  zle -N zle-line-init
  print -z -- "$LINE"`

type Complete = (line: string, cwd: string) => Promise<string>

const inBash: Complete = async (line, cwd) => {
  const words = line.replaceAll('=', ' = ').split(/ +/)
  const typed = line.endsWith('=') ? words.slice(0, -1) : words
  return (await run('bash', ['--noprofile', '--norc', '-c', IN_BASH, 'bash', ...typed], { cwd })).stdout
}

const inZsh: Complete = async (line, cwd) => {
  await writeFile(join(cwd, '.zshrc'), IN_ZSH)
  const env = { PATH: process.env.PATH, LINE: line, ZDOTDIR: cwd, TERM: 'xterm', HOME: cwd }
  await run('script', ['--quiet', '--command', 'zsh -i', '/dev/null'], { cwd, env })
  return withoutOption((await run('cat', ['matches'], { cwd })).stdout)
}

const inFish: Complete = async (line, cwd) => {
  const script = 'source ./script; complete --do-complete $argv[1]'
  const { stdout } = await run('fish', ['--no-config', '--command', script, line], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd },
  })
  return withoutOption(stdout.replace(/\t.*$/gm, ''))
}

/** Two of the shells have the name of the option before each value if it is a part of the word. */
function withoutOption(lines: string): string {
  return lines.replace(/^--[\w-]+=/gm, '')
}

describe.each([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
] as const)('in %s', (shell, complete) => {
  let cwd: string
  const offered = async (line: string) =>
    [...new Set((await complete(line, cwd)).split('\n'))].filter((word) => word !== '').sort()

  beforeEach(async ({ skip }) => {
    skip(!isInstalled(shell), `${shell} is not installed`)
    cwd = await temporaryFolder()
    const { code, stdout } = await runInProcess(['completion', shell], { cwd })
    expect(code).toBe(0)
    await writeFile(join(cwd, 'script'), stdout)
    await writeFile(join(cwd, 'rollcall.yaml'), '')
  })

  it.each([
    { line: 'rollcall d', words: ['db', 'demo', 'devices'] },
    { line: 'rollcall db ', words: ['backup', 'check', 'copy', 'help', 'migrate', 'vacuum'] },
    { line: 'rollcall token --help cr', words: ['create'] },
    { line: 'rollcall serve --ro', words: ['--role'] },
    { line: 'rollcall serve --role ', words: ['api', 'engine'] },
    { line: 'rollcall serve --role=e', words: ['engine'] },
    { line: 'rollcall token create --role ', words: ['ADMIN', 'OPERATOR', 'VIEWER'] },
    { line: 'rollcall devices --outcome C', words: ['CANCELLED', 'CONNECTION_LOST', 'CONNECTION_REFUSED'] },
    { line: 'rollcall devices --phase=F', words: ['FACTS'] },
    { line: 'rollcall plan list --state AW', words: ['AWAITING_APPROVAL'] },
    { line: 'rollcall refresh --fail-on T', words: ['TIMEOUT'] },
    { line: 'rollcall refresh --fail-on=TIMEOUT,SK', words: ['TIMEOUT,SKIPPED'] },
    { line: 'rollcall simulate --faults al', words: ['all'] },
    { line: 'rollcall serve --config roll', words: ['rollcall.yaml'] },
    { line: 'rollcall db backup roll', words: ['rollcall.yaml'] },
    { line: 'rollcall export --all ', words: ['devices', 'hierarchy'] },
    { line: 'rollcall probe --user db --leg', words: ['--legacy'] },
    { line: 'rollcall simulate --devices ', words: [] },
    { line: 'rollcall config check --on', words: ['--online'] },
    { line: 'rollcall help pl', words: ['plan'] },
    { line: 'rollcall completion ', words: ['bash', 'fish', 'zsh'] },
  ])('$line', async ({ line, words }) => {
    expect(await offered(line)).toEqual(words)
  })
})
