import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { Role } from '../../../src/base/caller.ts'
import { silentLogger } from '../../../src/base/log.ts'
import type { Config } from '../../../src/config/schema.ts'
import { type Gateway, startGateway } from '../../../src/gateway.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import { EVERYTHING } from '../../../src/refresh/scope.ts'
import type { FleetOptions } from '../../../src/simulator/fleet.ts'
import { type FleetProcess, spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { type ConfigOverrides, defaultConfig } from '../../support/default-config.ts'
import { freePort } from '../../support/free-port.ts'
import { post } from '../../support/graphql-answer.ts'
import { writeSettled } from '../../support/settled-file.ts'
import { bearer, newToken } from '../../support/tokens.ts'

export interface SceneOptions extends FleetOptions {
  /** Parts of the configuration, with the login that the devices accept. */
  config?: (login: { username: string; password: string }) => ConfigOverrides
  /** Called before the first refresh. */
  prepare?: (scene: Scene) => Promise<void>
}

/** A gateway with a built console over a simulated fleet that was probed once, and somebody of each role. */
export class Scene {
  readonly tokens: Record<Role, string> = { VIEWER: '', OPERATOR: '', ADMIN: '' }
  gateway: Gateway
  fleet: FleetProcess
  #config: Config
  #inventory: string
  #folder: string

  private constructor(parts: {
    gateway: Gateway
    fleet: FleetProcess
    config: Config
    inventory: string
    folder: string
  }) {
    this.gateway = parts.gateway
    this.fleet = parts.fleet
    this.#config = parts.config
    this.#inventory = parts.inventory
    this.#folder = parts.folder
  }

  static async start({ config = () => ({}), prepare, ...fleetOptions }: SceneOptions): Promise<Scene> {
    const fleet = await spawnFleet(fleetOptions)
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-browser-'))
    const inventory = join(folder, 'inventory.json')
    await writeSettled(inventory, JSON.stringify(fleet.inventory))
    const { username, password } = fleet.credential
    const given = config({ username, password })
    const whole = defaultConfig({
      // A port that stays the same when the gateway is started again.
      database: join(folder, 'rollcall.db'),
      sources: [{ name: 'global', type: 'file', path: inventory, fields: {} }],
      credentials: [{ name: 'default', username, password, match: null }],
      auth: { mode: 'tokens' },
      ...given,
      server: { port: await freePort(), ...given.server },
      schedule: { onStart: false, ...given.schedule },
      throttle: { coolDownMs: 0, ...given.throttle },
    })
    const gateway = await startGateway({ config: whole, log: silentLogger })
    const scene = new Scene({ gateway, fleet, config: whole, inventory, folder })
    for (const role of ['VIEWER', 'OPERATOR', 'ADMIN'] as const) {
      scene.tokens[role] = await newToken(gateway.store, role.toLowerCase(), role)
    }
    await prepare?.(scene)
    await scene.refresh()
    return scene
  }

  get url(): string {
    return this.gateway.url
  }

  /** The records of the inventory as the fleet has them. */
  get records(): readonly InventoryRecord[] {
    return this.fleet.inventory
  }

  /** Replaces the inventory, which the next refresh or sync reads. */
  async writeInventory(records: readonly InventoryRecord[]): Promise<void> {
    await writeSettled(this.#inventory, JSON.stringify(records))
  }

  /** The answer of the API to somebody who may do everything. */
  async ask<T>(query: string, variables: object = {}): Promise<T> {
    const response = await post(`${this.url}/graphql`, query, variables, bearer(this.tokens.ADMIN))
    const { data, errors } = (await response.json()) as { data?: T; errors?: unknown }
    if (errors || !data) throw new Error(`The answer has errors: ${JSON.stringify(errors)}`)
    return data
  }

  /** Fetches the inventory and probes every device. */
  async refresh(): Promise<void> {
    const { refresh } = await this.gateway.refreshes.request({
      trigger: 'MUTATION',
      requestedBy: 'admin',
      scope: EVERYTHING,
      sync: true,
      force: true,
    })
    await this.gateway.refreshes.ended(refresh)
  }

  async stop(): Promise<void> {
    await this.gateway.close()
  }

  /** Starts the gateway again at the same address over the same database. */
  async startAgain(): Promise<void> {
    this.gateway = await startGateway({ config: this.#config, log: silentLogger })
  }

  async close(): Promise<void> {
    await this.gateway.close()
    await this.fleet.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** A scene for all tests of a file. */
export function sceneOfFile(options: SceneOptions): () => Scene {
  let scene: Scene | undefined
  beforeAll(async () => {
    scene = await Scene.start(options)
  })
  afterAll(() => scene?.close())
  return () => {
    if (!scene) throw new Error('The scene starts with the first test.')
    return scene
  }
}
