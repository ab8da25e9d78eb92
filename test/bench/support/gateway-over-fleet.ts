import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CloseStack } from '../../../src/base/close.ts'
import { checkFaulty } from '../../../src/cli/options.ts'
import { writeInventory } from '../../../src/cli/write-inventory.ts'
import type { FleetOptions } from '../../../src/simulator/fleet.ts'
import { spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { buildPackage } from './built-package.ts'
import { type GatewayProcess, ownVariables, startGateway } from './gateway-process.ts'

/** A fleet, and all that a gateway over it needs; gateways are started one after the other, on the same database. */
export interface GatewaySetup {
  /** Path of the SQLite file, or the URL that was given. */
  database: string
  /** @param args of `rollcall serve`, besides the configuration */
  start(...args: string[]): GatewayProcess
}

const PASSWORD_VARIABLE = 'FLEET_PASSWORD'

/**
 * Starts a fleet in a process of its own, builds the package, and writes an inventory and a configuration to a
 * temporary folder; the stack gets them, and each gateway. The configuration is that of a user who has set nothing,
 * but for the schedule: refreshes start only when asked. Variables like `ROLLCALL_THROTTLE_CONCURRENCY` reach the
 * gateway.
 */
export async function setUpGateway(
  stack: CloseStack,
  {
    devices,
    faulty,
    timeoutMs,
    distance = {},
    database,
  }: {
    devices: number
    faulty: number
    timeoutMs: number
    distance?: Pick<FleetOptions, 'latencyMs' | 'jitterMs' | 'lossPercent'>
    /** The URL of a PostgreSQL database. Default: a SQLite file. */
    database?: string
  },
): Promise<GatewaySetup> {
  checkFaulty(faulty, devices)
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const fleet = stack.own(await spawnFleet({ devices, faulty, ...distance }))
  const { username, password } = fleet.credential
  const files = {
    inventory: join(folder, 'inventory.json'),
    config: join(folder, 'rollcall.yaml'),
    database: database ?? join(folder, 'rollcall.db'),
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
  const bin = await buildPackage(stack)
  return {
    database: files.database,
    start: (...args) =>
      stack.own(startGateway(['serve', '--config', files.config, ...args], { cwd: folder, env, bin })),
  }
}
