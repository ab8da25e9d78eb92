import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** Programs that the tests of the documentation run, or look into. */
const RUN = ['cat', 'cd', 'cp', 'curl', 'jq', 'mkdir', 'npm', 'npx', 'rm', 'rollcall', 'sort', 'source']

/** Programs in the documentation that no test runs, each with the reason. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  '.ci/run': 'It is what CI runs.',
  createdb: 'It needs a server of PostgreSQL; test/support/temporary-postgres.ts makes its databases itself.',
  createuser: 'As createdb.',
  docker: 'It needs a Docker engine; test/package/image.test.ts runs the steps of the image without one.',
  install: 'It writes to /etc as root; test/deploy/systemd.slow.test.ts has the units checked by systemd.',
  kubectl: 'It needs a cluster; test/deploy/kubernetes.slow.test.ts checks the manifests.',
  openssl: 'It makes secrets, or asks a server that is not here.',
  pg_dump: 'As createdb; what it writes is the business of PostgreSQL.',
  pg_restore: 'As pg_dump.',
  'ssh-keygen': 'It belongs to OpenSSH.',
  'ssh-keyscan': 'As ssh-keygen.',
  systemctl: 'As install.',
  'systemd-sysusers': 'As install.',
}

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
  ...[...RUN.filter((name) => name !== 'source'), ...Object.keys(NOT_RUN)].map(
    (name) => `${name}() { record ${name} "$@"; }`,
  ),
].join('\n')
