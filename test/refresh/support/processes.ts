import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Closable } from '../../../src/base/close.ts'
import { silentLogger } from '../../../src/base/log.ts'
import type { Config } from '../../../src/config/schema.ts'
import {
  type Gateway,
  type GatewayOptions,
  startApiGateway,
  startEngine,
  startGateway,
} from '../../../src/gateway.ts'
import { startFleet } from '../../../src/simulator/fleet.ts'
import { newStore, temporaryFolder } from '../../store/support/fixture.ts'
import { type ConfigOverrides, defaultConfig } from '../../support/default-config.ts'
import { writeSettled } from '../../support/settled-file.ts'

/** Several processes over one database of PostgreSQL, as far as that can tell; all are closed with the test. */
export interface Processes {
  config: Config
  database: string
  api(name: string): Promise<Gateway>
  /** @param database the URL by which it reaches the database, if not that of the others */
  engine(name: string, database?: string): Promise<Closable>
  /** Does everything. */
  all(name: string): Promise<Gateway>
}

/** @param devices how many simulated devices the inventory has */
export async function processesOver(devices: number, overrides: ConfigOverrides = {}): Promise<Processes> {
  const { store, database } = await newStore()
  await store.close()
  const fleet = await startFleet({ devices, faulty: 0 })
  onTestFinished(() => fleet.close())
  const path = join(await temporaryFolder(), 'inventory.json')
  await writeSettled(path, JSON.stringify(fleet.inventory))
  const config = defaultConfig({
    sources: [{ name: 'global', type: 'file', path, fields: {} }],
    credentials: [{ name: 'fleet', ...fleet.credential, match: null }],
    ...overrides,
    server: { port: 0, ...overrides.server },
    schedule: { onStart: false, ...overrides.schedule },
    database,
  })
  const started = async <T extends Closable>(
    start: (options: GatewayOptions) => Promise<T>,
    name: string,
    url = database,
  ) => {
    const process = await start({ config: { ...config, database: url }, log: silentLogger, name })
    onTestFinished(() => process.close())
    return process
  }
  return {
    config,
    database,
    api: (name) => started(startApiGateway, name),
    engine: (name, url) => started(startEngine, name, url),
    all: (name) => started(startGateway, name),
  }
}
