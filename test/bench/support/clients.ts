import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Client } from './client-process.ts'

/** Our own probe, in the worker threads that a gateway has. */
export const ROLLCALL: Client = onNode(new URL('../clients/rollcall-probe.ts', import.meta.url))

/** What ssh2 costs by itself. */
export const BARE_SSH2: Client = onNode(new URL('../clients/ssh2-session.ts', import.meta.url))

/** What people use today, by the Debian package that it comes in. */
export const PYTHON_CLIENTS = {
  'python3-ncclient': {
    module: 'ncclient',
    script: new URL('../clients/ncclient_probe.py', import.meta.url),
  },
  'python3-asyncssh': {
    module: 'asyncssh',
    script: new URL('../clients/asyncssh_probe.py', import.meta.url),
  },
} as const

/** Another Python in the path does not see what Debian's package manager has installed. */
const DEBIAN_PYTHON = '/usr/bin/python3'

/** The client of a package; null where that is not installed. */
export function pythonClient(name: keyof typeof PYTHON_CLIENTS): Client | null {
  const { module, script } = PYTHON_CLIENTS[name]
  const python = existsSync(DEBIAN_PYTHON) ? DEBIAN_PYTHON : 'python3'
  const { status } = spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' })
  // -B: no compiled files beside the scripts.
  return status === 0 ? { command: python, args: ['-B', fileURLToPath(script)] } : null
}

function onNode(script: URL): Client {
  return { command: process.execPath, args: [fileURLToPath(script)] }
}
