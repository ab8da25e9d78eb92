import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Logger, silentLogger } from '../../src/base/log.ts'
import type { Config } from '../../src/config/schema.ts'
import { type Gateway, startGateway } from '../../src/gateway.ts'
import type { InventoryRecord } from '../../src/inventory/record.ts'
import { EVERYTHING } from '../../src/refresh/scope.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { defaultConfig } from './default-config.ts'
import { dataOf } from './graphql-answer.ts'
import { writeSettled } from './settled-file.ts'

interface RunningGateway {
  gateway: Gateway
  config: Config
  /** The answer of its API to a query or a mutation that has no errors. */
  ask<T>(query: string, variables?: object): Promise<T>
  /** Where GraphQL is. */
  url: string
  /** Fetches the inventory and probes every device. */
  refresh(): Promise<void>
}

/** A whole gateway over a file with these records, closed with the test. It refreshes only when asked. */
export async function startGatewayOver(
  records: readonly InventoryRecord[],
  options: {
    credentials: Config['credentials']
    probe?: Partial<Config['probe']>
    auth?: Config['auth']
    notify?: Config['notify']
    persistedOperations?: Partial<Config['persistedOperations']>
    log?: Logger
  },
): Promise<RunningGateway> {
  const folder = await temporaryFolder()
  const path = join(folder, 'inventory.json')
  await writeSettled(path, JSON.stringify(records))
  const config = defaultConfig({
    server: { port: 0 },
    database: join(folder, 'rollcall.db'),
    sources: [{ name: 'global', type: 'file', path, fields: {} }],
    schedule: { onStart: false },
    credentials: options.credentials,
    auth: options.auth ?? { mode: 'none' },
    notify: options.notify ?? [],
    persistedOperations: { ...options.persistedOperations },
    probe: { timeoutMs: 60_000, ...options.probe },
    throttle: { coolDownMs: 0 },
  })
  const gateway = await startGateway({ config, log: options.log ?? silentLogger })
  onTestFinished(() => gateway.close())
  const url = `${gateway.url}/graphql`
  return {
    gateway,
    config,
    url,
    ask: (query, variables) => dataOf(url, query, variables),
    async refresh() {
      const { refresh } = await gateway.refreshes.request({
        trigger: 'MUTATION',
        requestedBy: 'tester',
        scope: EVERYTHING,
        sync: true,
        force: true,
      })
      await gateway.refreshes.ended(refresh)
    },
  }
}
