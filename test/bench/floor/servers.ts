import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Closable } from '../../../src/base/close.ts'

const BARE_YOGA = fileURLToPath(new URL('../clients/bare-yoga.ts', import.meta.url))
const MERCURIUS = fileURLToPath(new URL('../mercurius/', import.meta.url))

/** A server in a process of its own. */
export interface ServerProcess extends Closable {
  pid: number
  /** Where GraphQL is. */
  url: string
}

/** graphql-yoga as it comes, over our schema and the database at `path`. */
export function startBareYoga(path: string): Promise<ServerProcess> {
  return startServer(BARE_YOGA, path)
}

/** mercurius over the database at `path`; null where its packages are not installed. */
export async function startMercurius(path: string): Promise<ServerProcess | null> {
  return existsSync(`${MERCURIUS}node_modules/mercurius`)
    ? await startServer(`${MERCURIUS}server.js`, path)
    : null
}

async function startServer(script: string, path: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, [script, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines = createInterface(child.stdout)
  const [url] = await Promise.race([
    once(lines, 'line'),
    ended.then(() => {
      throw new Error(`The server ${script} ended before it answered.`)
    }),
  ])
  if (child.pid === undefined) throw new Error(`The server ${script} could not be started.`)
  return {
    pid: child.pid,
    url,
    close: async () => {
      child.stdin.end()
      await ended
    },
  }
}
