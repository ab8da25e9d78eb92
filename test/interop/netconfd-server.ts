import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sharedPath } from './shared-folder.ts'

/** A NETCONF server that nobody here wrote: yuma123's netconfd behind OpenSSH's sshd. */
export interface NetconfdServer extends AsyncDisposable {
  port: number
  user: string
  passwordFile: string
  privateKeyFile: string
  folder: string
  /** What netconfd has written to its log so far. */
  log(): Promise<string>
}

export async function startNetconfd(port: number): Promise<NetconfdServer> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-interop-'))
  // The server's user must reach its socket in there.
  await chmod(folder, 0o755)
  await control('start', folder, `${port}`)
  return {
    port,
    folder,
    user: (await readFile(join(folder, 'user'), 'utf8')).trim(),
    passwordFile: join(folder, 'password'),
    privateKeyFile: join(folder, 'id_ed25519'),
    log: () => readFile(join(folder, 'netconfd.log'), 'utf8'),
    async [Symbol.asyncDispose]() {
      await control('stop', folder)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Not execFile: the daemons keep its pipes open for as long as they live. */
async function control(...args: string[]): Promise<void> {
  const child = spawn(sharedPath('interop/netconfd'), args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise((resolve, reject) => child.on('exit', resolve).on('error', reject))
  if (code !== 0) throw new Error(`netconfd ${args.join(' ')} exited with ${code}.`)
}
