import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.ts'

export const run = promisify(execFile)

export interface OpensshServer {
  port: number
  /** The user that this process runs as. */
  username: string
  /** A folder of its own, gone with the server. */
  folder: string
  /** Public keys of those who may log in, one to a line. */
  authorizedKeys: string
}

const HELLO =
  '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>' +
  '<capability>urn:ietf:params:netconf:base:1.0</capability></capabilities><session-id>7</session-id></hello>]]>]]>'

/**
 * OpenSSH's server with these lines in its configuration, whose subsystem netconf says hello and nothing else. It ends
 * with the test.
 */
export async function startSshd(...lines: string[]): Promise<OpensshServer> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-sshd-'))
  const hostKey = join(folder, 'host_key')
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  const netconf = join(folder, 'netconf')
  await writeFile(netconf, `#!/bin/sh\nprintf '%s' '${HELLO}'\ncat > /dev/null\n`)
  await chmod(netconf, 0o755)
  const port = await freePort()
  const authorizedKeys = join(folder, 'authorized_keys')
  const config = join(folder, 'sshd_config')
  const common = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${authorizedKeys}`,
    `Subsystem netconf ${netconf}`,
    'PidFile none',
    'UsePAM no',
    // The folder of temporary files belongs to everybody.
    'StrictModes no',
  ]
  await writeFile(config, [...common, ...lines, ''].join('\n'))
  // sshd wants the folder that it gives up its rights in.
  await mkdir('/run/sshd', { recursive: true })
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await exited
    await rm(folder, { recursive: true, force: true })
  })
  const said: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line)
    if (line.includes('Server listening')) {
      child.stderr.resume()
      return { port, username: userInfo().username, folder, authorizedKeys }
    }
  }
  throw new Error(`sshd ended: ${said.join(' ')}`)
}
