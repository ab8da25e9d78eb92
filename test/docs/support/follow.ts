import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { BIN, NODE_FLAGS } from '../../cli/run-rollcall.ts'
import { type Block, blocksOf } from '../../house/markdown.ts'
import { AT_TERMINAL, CALLS_MADE_ELSEWHERE, PROGRAMS_NOT_RUN } from './not-run.ts'

/** A reader of a document, who does what it says from the top to the bottom. */
export interface Reader {
  /** Where the reader is. */
  cwd: string
  env: NodeJS.ProcessEnv
  /** What the document has for example, and what the reader has in its place. */
  replacements: Readonly<Record<string, string>>
  /** Commands before the first one of the document. */
  before?: string
  /** Whether blocks of YAML are written to `rollcall.yaml`, and those of CSV to `inventory.csv`. */
  writesFiles?: boolean
}

export interface Followed {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs all commands of a document in one shell, which ends with the first command that fails. */
export async function follow(document: string, reader: Reader): Promise<Followed> {
  const steps = blocksOf(document).map((block) => stepOf(block, reader))
  const bash = spawn('bash', ['--norc', '-c', [SHELL, reader.before, ...steps].join('\n')], {
    cwd: reader.cwd,
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      HOME: reader.cwd,
      ...reader.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void bash.kill())
  const [stdout, stderr, [code]] = await Promise.all([
    text(bash.stdout),
    text(bash.stderr),
    once(bash, 'close'),
  ])
  return { code, stdout, stderr }
}

function stepOf(
  { place, language, text: shown }: Block,
  { replacements, writesFiles = false }: Reader,
): string {
  const file = { yaml: 'rollcall.yaml', csv: 'inventory.csv' }[language]
  const isStep = language === 'sh' || (writesFiles && file !== undefined)
  if (!isStep) return ''
  const own = Object.entries(replacements).reduce((done, [from, to]) => done.replaceAll(from, to), shown)
  if (language !== 'sh') return `cat > ${file} <<'END'\n${own}END`
  // The reader has these secrets in the environment already.
  const withoutSecrets = own.replace(/^export \w+='…'$/gm, '').replace(AT_TERMINAL, '')
  return `echo '${place}' >&2\n${withoutSecrets.replace('ID=…', 'ID=$(last_id)')}`
}

const run = [process.execPath, ...NODE_FLAGS, BIN].map((word) => `'${word}'`).join(' ')

const SHELL = `
set -e -o pipefail
rollcall() {
  case "$1 $2" in
    serve*) serve ;;
    ${Object.keys(CALLS_MADE_ELSEWHERE)
      .map((call) => `"${call}"*`)
      .join(' | ')}) ;;
    *) ${run} "$@" ;;
  esac
}
npx() { shift; rollcall "$@"; }
# What a clone needs is there already.
npm() { :; }
${Object.keys(PROGRAMS_NOT_RUN)
  .map((name) => `${name}() { :; }`)
  .join('\n')}
curl() {
  command curl --silent --show-error --max-time 60 "$@" | tee answer
  echo
  [[ $(<answer) != *'"errors"'* ]]
}
last_id() { grep -o '"id":"[^"]*"' answer | head -1 | cut -d '"' -f 4; }
# Starts a gateway on a free port, and returns once it is up.
serve() {
  mkfifo log
  ${run} serve >log 2>&1 &
  GATEWAY_PID=$!
  trap 'kill $GATEWAY_PID; wait $GATEWAY_PID || true' EXIT
  exec 9<log
  local line
  GATEWAY=
  while [[ -z $GATEWAY ]] && read -r -u 9 line; do
    echo "$line" >&2
    if [[ $line =~ \\"url\\":\\"http://([^/\\"]+) ]]; then GATEWAY=\${BASH_REMATCH[1]}; fi
  done
  [[ -n $GATEWAY ]]
  cat <&9 >/dev/null &
}
`
