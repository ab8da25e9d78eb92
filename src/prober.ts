import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from './base/clock.ts'
import { type Closable, CloseStack } from './base/close.ts'
import type { Logger } from './base/log.ts'
import { openFileLimit, shareOpenFiles } from './base/open-files.ts'
import type { Config } from './config/schema.ts'
import { ProbePool } from './refresh/pool/probe-pool.ts'
import { ProcessRegistry } from './refresh/process-registry.ts'
import { Prober } from './refresh/remote/prober.ts'
import { TaskQueue } from './refresh/remote/task-queue.ts'
import { openQueueDatabase, type QueueDatabase } from './store/queue-database.ts'

/** How often to look whether an engine has prepared the queue. */
const LOOK_EVERY_MS = 1_000

export interface ProberOptions {
  config: Pick<Config, 'database' | 'postgres' | 'credentials' | 'workers'>
  regions: readonly string[]
  /** Probes at once. */
  concurrency: number
  log: Logger
  /** Unique among the processes. Default: the name of the host and the id of the process. */
  name?: string
  /** Ends the wait for an engine. */
  signal: AbortSignal
}

/** A process that only probes. `close` waits up to 20 s for the probes in flight. */
export interface RunningProber extends Closable {
  /** Rejects with a RollcallError if the engine has no work for this prober any more. */
  readonly failed: Promise<never>
  /** Uses the credentials of a changed configuration from the next probe on. */
  change(config: Pick<Config, 'credentials'>): void
}

/**
 * Starts to probe for these regions, once there is an engine that has work for them.
 *
 * @throws RollcallError if the database cannot be used, the engine is of another version, or it does not know
 * a region; the signal's reason once that aborts
 */
export async function startProber({
  config,
  regions,
  concurrency,
  log,
  name = `${hostname()}:${process.pid}`,
  signal,
}: ProberOptions): Promise<RunningProber> {
  const stack = new CloseStack()
  try {
    const { probes, warning } = shareOpenFiles(openFileLimit(), {
      connections: 0,
      minConnections: 0,
      threads: config.workers,
      probes: concurrency,
    })
    if (warning !== null) log.warn({ event: 'open_files.few' }, warning)
    const database = stack.own(await openQueueDatabase(config))
    const queue = await openQueue(database, { regions, log, signal })
    const pool = stack.own(new ProbePool({ workers: config.workers, log }))
    const prober = new Prober({
      queue,
      regions,
      concurrency: probes,
      isBusy: () => pool.isBusy(),
      credentials: config.credentials,
      probe: (...probe) => pool.probe(...probe),
      name,
      log,
    })
    stack.own(prober)
    const registry = await ProcessRegistry.join({
      processes: database.processes,
      name,
      role: 'PROBER',
      regions,
      concurrency: probes,
      isActive: () => false,
      probesInFlight: () => prober.inFlight,
      clock: systemClock,
      log,
    })
    // The prober closes first, so that the engine knows of it while it drains.
    let closed: Promise<void> | undefined
    const close = async () => {
      await prober.close()
      await registry.close()
      await stack.close()
    }
    return {
      failed: prober.failed,
      change: ({ credentials }) => prober.use(credentials),
      close: () => (closed ??= close()),
    }
  } catch (failure) {
    await stack.close()
    throw failure
  }
}

async function openQueue(
  database: QueueDatabase,
  { regions, log, signal }: Pick<ProberOptions, 'regions' | 'log' | 'signal'>,
): Promise<TaskQueue> {
  for (let isFirst = true; ; isFirst = false) {
    const queue = await TaskQueue.openForProber(database, { regions, log })
    if (queue !== null) return queue
    if (isFirst)
      log.info({ event: 'queue.awaited' }, 'no engine has prepared the queue of probes yet; waiting for one')
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
}
