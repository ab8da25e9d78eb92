import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../../src/base/clock.ts'
import type { CloseStack } from '../../../src/base/close.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { RemotePool } from '../../../src/refresh/remote/remote-pool.ts'
import type { RemoteTask } from '../../../src/refresh/remote/task-format.ts'
import { TaskQueue } from '../../../src/refresh/remote/task-queue.ts'
import { openQueueDatabase } from '../../../src/store/queue-database.ts'
import type { TemporaryPostgres } from '../../support/temporary-postgres.ts'
import { treeCpuMs, usageOf } from '../support/process-usage.ts'

const REGION = 'EMEA'
const PROBER = fileURLToPath(new URL('../clients/instant-prober.ts', import.meta.url))

/** The throughput of the queue with probes that return at once. */
export interface RoundTrips {
  probers: number
  tasks: number
  inFlight: number
  wallMs: number
  perSecond: number
  /** Per task, of the engine, of the probers, and of PostgreSQL; null where the system does not tell. */
  cpuMs: { engine: number | null; probers: number | null; postgres: number | null }
}

/** Sends tasks through the queue of a database, with `inFlight` of them at once. */
export async function measureRoundTrips(
  stack: CloseStack,
  { url, server }: { url: string; server: TemporaryPostgres },
  { probers, tasks, inFlight }: { probers: number; tasks: number; inFlight: number },
): Promise<RoundTrips> {
  const database = stack.own(await openQueueDatabase({ database: url }))
  const queue = await TaskQueue.openForEngine(database, { regions: [REGION], log: silentLogger })
  const pool = stack.own(new RemotePool({ queue, clock: systemClock, log: silentLogger }))
  const pids: number[] = []
  for (let count = 0; count < probers; count += 1) pids.push(await startProber(stack, url, inFlight))
  const signal = new AbortController().signal
  let left = tasks
  const probeOnAndOn = async () => {
    for (; left > 0; ) {
      left -= 1
      await pool.probe(taskFor(left), REGION, signal)
    }
  }
  // The first tasks compile the code and open the connections.
  left = Math.ceil(tasks / 10)
  await Promise.all(Array.from({ length: inFlight }, probeOnAndOn))
  left = tasks
  const cpuMs = () => ({
    engine: usageOf('self')?.cpuMs ?? null,
    probers: pids.reduce<number | null>((sum, pid) => plus(sum, usageOf(pid)?.cpuMs ?? null), 0),
    postgres: server.pid === null ? null : treeCpuMs(server.pid),
  })
  const before = cpuMs()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: inFlight }, probeOnAndOn))
  const wallMs = performance.now() - startedAt
  const after = cpuMs()
  const perTask = (part: keyof RoundTrips['cpuMs']) =>
    plus(after[part], before[part] === null ? null : -before[part], tasks)
  return {
    probers,
    tasks,
    inFlight,
    wallMs,
    perSecond: (tasks * 1_000) / wallMs,
    cpuMs: { engine: perTask('engine'), probers: perTask('probers'), postgres: perTask('postgres') },
  }
}

function plus(one: number | null, other: number | null, share = 1): number | null {
  return one === null || other === null ? null : (one + other) / share
}

/** Returns its process id. */
async function startProber(stack: CloseStack, url: string, concurrency: number): Promise<number> {
  const child = spawn(process.execPath, [PROBER, url, REGION, String(concurrency)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  stack.defer(async () => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  await once(child.stdout, 'data')
  return child.pid ?? 0
}

function taskFor(index: number): RemoteTask {
  return {
    host: `127.1.${index >> 8}.${index & 255}`,
    port: 830,
    credential: 'bench',
    required: [{ uri: 'urn:ietf:params:netconf:base:1.1' }],
    timeoutMs: 10_000,
    hostKeys: { check: 'known', keys: [{ algorithm: 'ssh-ed25519', fingerprint: `SHA256:${index}` }] },
    legacyAlgorithms: false,
    readFacts: true,
  }
}
