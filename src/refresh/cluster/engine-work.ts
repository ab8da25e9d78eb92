import { CloseStack } from '../../base/close.ts'
import type { Config } from '../../config/schema.ts'
import type { InventorySource } from '../../sources/source.ts'
import type { EngineTerm, Store } from '../../store/store.ts'
import { startCycles } from '../cycles.ts'
import type { ProbePoolStats } from '../pool/probe-pool.ts'
import type { ProbedDevice } from '../probe-tasks.ts'
import { RefreshService } from '../refresh-service.ts'
import type { RegionalProbing } from '../remote/regional-probing.ts'
import { Retention } from '../retention.ts'
import type { RunContextOptions } from '../run-context.ts'
import type { EngineWork } from './engine-candidate.ts'

export interface EngineWorkOptions extends Pick<RunContextOptions, 'clock' | 'log'> {
  config: Config
  sources: readonly InventorySource[]
  /** Returns what probes devices in this process or by the probers of their regions. */
  createProbing: () => RegionalProbing<ProbedDevice>
  probePool: () => ProbePoolStats
  /** Returns whether the probes in flight are as many as the processor can do. */
  isBusy: () => boolean
  /** When this process was started, in epoch milliseconds. */
  startedAt: number
}

/**
 * Starts what an engine does in its term: it resumes the refreshes that are unfinished, follows the schedule,
 * and removes what is too old. An engine that takes over from another one does not begin with a refresh.
 */
export async function startEngineWork(
  options: EngineWorkOptions,
  { data: store, isTakeover }: EngineTerm<Store>,
): Promise<EngineWork> {
  const { config, clock, log, probePool, startedAt } = options
  const { everyMs, onStart } = config.schedule
  const stack = new CloseStack()
  try {
    stack.own(new Retention({ store, clock, log, keep: config.retention }))
    const probing = stack.own(options.createProbing())
    await probing.start()
    const refreshes = stack.own(
      new RefreshService({
        ...options,
        probe: (...probe) => probing.probe(...probe),
        regions: probing.limits,
        store,
        isTakeover,
      }),
    )
    await refreshes.resume()
    const schedule = stack.own(
      await startCycles({ everyMs, onStart: onStart && !isTakeover, store, refreshes, clock, log }),
    )
    return {
      commands: refreshes,
      change: (changed, sources) => {
        refreshes.change(changed, sources)
        schedule.change(changed.schedule.everyMs)
      },
      state: async () => ({
        ...(await refreshes.snapshot()),
        startedAt,
        nextScheduledRefreshAt: schedule.nextAt,
        pausedBecause: refreshes.pausedBecause,
        sinceCycleMs: refreshes.sinceCycleMs,
        webhooks: refreshes.webhooks,
        activity: refreshes.activity,
        probePool: probePool(),
        regions: probing.loads(),
      }),
      close: async (lost) => {
        const abandon = () => void refreshes.abandon()
        if (lost.aborted) abandon()
        else lost.addEventListener('abort', abandon)
        await stack.close()
      },
    }
  } catch (failure) {
    await stack.close()
    throw failure
  }
}
