import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { PROGRAMS_NOT_RUN } from './not-run.ts'

/** Programs that the tests of the documentation run, or look into. */
const RUN = ['cat', 'cd', 'cp', 'curl', 'jq', 'mkdir', 'npm', 'npx', 'rm', 'rollcall', 'sort', 'source']

/**
 * Has bash read a text and records the commands instead of running them. Nothing outside of the folder can be
 * changed: no program is found, and each known name is a function.
 *
 * @returns the words of each command, expanded as bash does; and what bash says of the text, usually nothing
 */
export async function commandsOf(
  script: string,
  folder: string,
): Promise<{ commands: string[][]; stderr: string }> {
  mkdirSync(join(folder, '.config/fish/completions'), { recursive: true })
  const bash = spawn('bash', ['--norc', '-c', `${RECORDING}\n${script}`], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const [, stderr, , recorded] = [null, bash.stderr, null, bash.stdio[3]]
  if (!(stderr && recorded && 'read' in recorded)) throw new Error('Bash has no pipes.')
  const [said, record] = await Promise.all([text(stderr), text(recorded), once(bash, 'close')])
  const commands = record.split('\0\n').map((words) => words.split('\0'))
  return { commands: commands.slice(0, -1), stderr: said }
}

const RECORDING = [
  'PATH=/nonexistent',
  `record() { printf '%s\\0' "$@" >&3; printf '\\n' >&3; }`,
  'command_not_found_handle() { record unknown "$1"; }',
  ...[...RUN.filter((name) => name !== 'source'), ...Object.keys(PROGRAMS_NOT_RUN)].map(
    (name) => `${name}() { record ${name} "$@"; }`,
  ),
].join('\n')
