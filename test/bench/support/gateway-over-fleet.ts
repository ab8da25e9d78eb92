import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Closable, CloseStack } from '../../../src/base/close.ts'
import { checkFaulty } from '../../../src/cli/options.ts'
import { writeInventory } from '../../../src/cli/write-inventory.ts'
import { spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { startRollcall } from '../../cli/run-rollcall.ts'

/** A fleet, and all that a gateway over it needs; gateways are started one after the other, on the same database. */
export interface GatewaySetup {
  /** Path of the SQLite file. */
  database: string
  start(): GatewayProcess
}

/** `rollcall serve` in a process of its own. `close` is a SIGTERM, and resolves when the process is gone. */
export interface GatewayProcess extends Closable {
  pid: number
  /** Where GraphQL is, once it answers; rejects where the gateway ends before that. */
  url: Promise<string>
  /** A SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

const PASSWORD_VARIABLE = 'FLEET_PASSWORD'

/**
 * Starts a fleet in a process of its own, and writes an inventory and a configuration for it to a temporary folder;
 * the stack gets them, and each gateway. The configuration is that of a user who has set nothing, but for the
 * schedule: refreshes start only when asked. Variables like `ROLLCALL_THROTTLE_CONCURRENCY` reach the gateway.
 */
export async function setUpGateway(
  stack: CloseStack,
  { devices, faulty, timeoutMs }: { devices: number; faulty: number; timeoutMs: number },
): Promise<GatewaySetup> {
  checkFaulty(faulty, devices)
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const fleet = stack.own(await spawnFleet({ devices, faulty }))
  const { username, password } = fleet.credential
  const files = {
    inventory: join(folder, 'inventory.json'),
    config: join(folder, 'rollcall.yaml'),
    database: join(folder, 'rollcall.db'),
  }
  await writeInventory(files.inventory, fleet.inventory)
  const config = {
    server: { port: 0 },
    database: files.database,
    sources: [{ name: 'simulator', type: 'file', path: files.inventory }],
    schedule: { every: '1d', onStart: false },
    credentials: [{ name: 'simulator', username, passwordEnv: PASSWORD_VARIABLE }],
    probe: { timeout: `${timeoutMs}ms` },
    log: { level: 'warn' },
  }
  await writeFile(files.config, JSON.stringify(config))
  const env = { ...ownVariables(), [PASSWORD_VARIABLE]: password }
  return {
    database: files.database,
    start: () => stack.own(startGateway(['serve', '--config', files.config], { cwd: folder, env })),
  }
}

function startGateway(args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): GatewayProcess {
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
function ownVariables(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => name.startsWith('ROLLCALL_'))
  return Object.fromEntries(entries)
}
