import type { Closable } from '../../../src/base/close.ts'
import { startRollcall } from '../../cli/run-rollcall.ts'

/** `rollcall serve` in a process of its own. `close` is a SIGTERM, and resolves when the process is gone. */
export interface GatewayProcess extends Closable {
  pid: number
  /** Where GraphQL is, once it answers; rejects where the gateway ends before that. */
  url: Promise<string>
  /** A SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

export function startGateway(
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; bin: string },
): GatewayProcess {
  const { child, printed, finished } = startRollcall(args, options)
  const { pid } = child
  if (pid === undefined) throw new Error('The gateway could not be started.')
  const url = printed(/http:\/\/\S+\/graphql/).then(([found]) => found)
  // Who kills it does not wait for it to come up.
  url.catch(() => undefined)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await finished
  }
  return { pid, url, close: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** What of this process's environment configures a gateway. */
export function ownVariables(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => name.startsWith('ROLLCALL_'))
  return Object.fromEntries(entries)
}
