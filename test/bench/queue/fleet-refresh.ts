import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloseStack } from '../../../src/base/close.ts'
import { writeInventory } from '../../../src/cli/write-inventory.ts'
import { spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { startRollcall } from '../../cli/run-rollcall.ts'
import type { TemporaryPostgres } from '../../support/temporary-postgres.ts'
import { buildPackage } from '../support/built-package.ts'
import { ownVariables, startGateway } from '../support/gateway-process.ts'
import { treeCpuMs, usageOf } from '../support/process-usage.ts'
import { completeRefresh } from '../support/refreshes.ts'

const REGION = 'EMEA'
const PASSWORD_VARIABLE = 'FLEET_PASSWORD'

/** A refresh of a fleet by `serve` alone (0 probers) or with probers in processes of their own. */
export interface FleetRefresh {
  probers: number
  wallMs: number
  total: number
  outcomes: Record<string, number>
  /** Of the gateway and the probers; null where the system does not tell. So are the following. */
  cpuMs: number | null
  gatewayCpuMs: number | null
  postgresCpuMs: number | null
}

/** A fleet, and the files of gateways over it. */
export interface FleetSetup {
  /** Runs a gateway and probers on a new database, and returns what each refresh took. */
  refresh(probers: number, refreshes: number): Promise<FleetRefresh[]>
}

export async function setUpFleet(
  stack: CloseStack,
  server: TemporaryPostgres,
  { devices }: { devices: number },
): Promise<FleetSetup> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const fleet = stack.own(await spawnFleet({ devices, faulty: 0 }))
  const { username, password } = fleet.credential
  const inventory = join(folder, 'inventory.json')
  await writeInventory(inventory, fleet.inventory)
  const env = { ...ownVariables(), [PASSWORD_VARIABLE]: password }
  const bin = await buildPackage(stack)
  let databases = 0
  return {
    async refresh(probers, refreshes) {
      databases += 1
      const database = `bench${databases}`
      await server.query(`create database ${database}`)
      const config = join(folder, `${database}.yaml`)
      await writeFile(
        config,
        JSON.stringify({
          server: { port: 0 },
          database: server.url(database),
          sources: [{ name: 'simulator', type: 'file', path: inventory }],
          schedule: { every: '1d', onStart: false },
          credentials: [{ name: 'simulator', username, passwordEnv: PASSWORD_VARIABLE }],
          log: { level: 'warn' },
          probers: { default: probers === 0 ? 'local' : REGION },
        }),
      )
      const processes = stack.own(new CloseStack())
      try {
        return await refreshWith({ processes, config, folder, env, bin, probers, refreshes, server })
      } finally {
        await processes.close()
      }
    },
  }
}

async function refreshWith({
  processes,
  config,
  folder,
  env,
  bin,
  probers,
  refreshes,
  server,
}: {
  processes: CloseStack
  config: string
  folder: string
  env: NodeJS.ProcessEnv
  bin: string
  probers: number
  refreshes: number
  server: TemporaryPostgres
}): Promise<FleetRefresh[]> {
  const gateway = processes.own(startGateway(['serve', '--config', config], { cwd: folder, env, bin }))
  const url = await gateway.url
  const pids = [gateway.pid]
  for (let count = 0; count < probers; count += 1) {
    const { child, printed, finished } = startRollcall(['prober', '--config', config, '--region', REGION], {
      cwd: folder,
      env,
      bin,
    })
    processes.defer(async () => {
      child.kill('SIGTERM')
      await finished
    })
    await printed(/Rollcall probes for/)
    if (child.pid !== undefined) pids.push(child.pid)
  }
  const runs: FleetRefresh[] = []
  const now = () => ({
    ours: pids.map((pid) => usageOf(pid)?.cpuMs ?? null),
    postgresCpuMs: server.pid === null ? null : treeCpuMs(server.pid),
  })
  for (let count = 0; count < refreshes; count += 1) {
    const before = now()
    const { wallMs, total, outcomes } = await completeRefresh(url)
    const after = now()
    const [gatewayCpuMs = null, ...others] = after.ours.map((ms, index) =>
      minus(ms, before.ours[index] ?? null),
    )
    runs.push({
      probers,
      wallMs,
      total,
      outcomes,
      cpuMs: [gatewayCpuMs, ...others].reduce(
        (sum, ms) => (sum === null || ms === null ? null : sum + ms),
        0,
      ),
      gatewayCpuMs,
      postgresCpuMs: minus(after.postgresCpuMs, before.postgresCpuMs),
    })
  }
  return runs
}

function minus(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one - other
}
