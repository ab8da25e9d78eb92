import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CloseStack } from '../../../src/base/close.ts'
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

/** A client in a compiled language, with the Debian packages that build it. */
interface CompiledClient {
  name: string
  packages: string
  build(program: string): { command: string; args: string[]; env: NodeJS.ProcessEnv }
}

/** Shows what the same work costs in compiled languages. */
export const COMPILED_CLIENTS: readonly CompiledClient[] = [
  {
    name: 'Go x/crypto',
    packages: 'golang-go, golang-golang-x-crypto-dev',
    build: (program: string) => ({
      command: 'go',
      args: ['build', '-o', program, scriptPath('go_probe.go')],
      // Where Debian installs the sources of libraries.
      env: { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' },
    }),
  },
  {
    name: 'C libssh',
    packages: 'gcc, libssh-dev, libjansson-dev',
    build: (program: string) => ({
      command: 'gcc',
      args: ['-O2', '-o', program, scriptPath('libssh_probe.c'), '-lssh', '-ljansson', '-lpthread'],
      env: {},
    }),
  },
]

/** Builds a client, for as long as the stack is open; null where its packages are not installed. */
export async function compiledClient({ build }: CompiledClient, stack: CloseStack): Promise<Client | null> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-client-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const program = join(folder, 'client')
  const { command, args, env } = build(program)
  const { status } = spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, ...env } })
  return status === 0 ? { command: program, args: [] } : null
}

function scriptPath(name: string): string {
  return fileURLToPath(new URL(`../clients/${name}`, import.meta.url))
}

function onNode(script: URL): Client {
  return { command: process.execPath, args: [fileURLToPath(script)] }
}
