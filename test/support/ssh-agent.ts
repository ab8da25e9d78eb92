import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether this machine has OpenSSH's client programs, which a machine can be without. */
export const HAS_SSH_AGENT =
  spawnSync('ssh-agent', ['-k'], { env: { PATH: process.env.PATH } }).error === undefined

export const WITHOUT_SSH_AGENT = 'skipped where openssh-client is missing'

/** A real ssh-agent that holds these private keys until it goes out of scope. */
export async function startSshAgent(...privateKeys: string[]): Promise<AsyncDisposable & { socket: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-agent-'))
  const socket = join(folder, 'socket')
  // In the foreground, so that it ends as a child of this process.
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error('ssh-agent ended.')))
    // It prints the name of its socket once it listens.
    child.stdout.once('data', resolve)
  })
  for (const key of privateKeys) {
    const added = spawnSync('ssh-add', ['-q', '-'], {
      input: key,
      env: { PATH: process.env.PATH, SSH_AUTH_SOCK: socket },
    })
    if (added.status !== 0) throw new Error(`ssh-add failed: ${added.stderr}`)
  }
  return {
    socket,
    async [Symbol.asyncDispose]() {
      child.kill()
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
