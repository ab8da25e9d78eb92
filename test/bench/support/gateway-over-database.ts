import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CloseStack } from '../../../src/base/close.ts'
import { buildPackage } from './built-package.ts'
import { type GatewayProcess, ownVariables, startGateway } from './gateway-process.ts'
import { type InventorySize, writeInventoryRows } from './written-inventory.ts'

/** A written inventory, and all that a gateway over it needs. */
export interface WrittenDatabase {
  /** Path of the SQLite file. */
  path: string
  start(): GatewayProcess
}

/**
 * Builds the package, and writes an inventory to a database in a temporary folder; the stack gets them, and each
 * gateway. No refresh starts by itself, and there is nothing that one could ask.
 *
 * @param profileFolder where each gateway leaves a CPU profile when it ends; it then runs slower
 * @param settings of the configuration file, besides those that every such gateway has
 */
export async function writeDatabase(
  stack: CloseStack,
  size: InventorySize,
  profileFolder: string | undefined,
  settings: object = {},
): Promise<WrittenDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'rollcall.db')
  await writeInventoryRows(path, size)
  const config = {
    server: { port: 0 },
    database: path,
    schedule: { every: '1d', onStart: false },
    log: { level: 'warn' },
    ...settings,
  }
  const configFile = join(folder, 'rollcall.yaml')
  await writeFile(configFile, JSON.stringify(config))
  const env = { ...ownVariables() }
  if (profileFolder !== undefined) env.NODE_OPTIONS = `--cpu-prof --cpu-prof-dir=${profileFolder}`
  const bin = await buildPackage(stack)
  return {
    path,
    start: () => stack.own(startGateway(['serve', '--config', configFile], { cwd: folder, env, bin })),
  }
}
