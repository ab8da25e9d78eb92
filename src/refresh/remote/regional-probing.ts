import type { Clock } from '../../base/clock.ts'
import { type Closable, CloseStack } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import { regionsOf } from '../../config/prober-schema.ts'
import type { Config } from '../../config/schema.ts'
import type { OnVerdict } from '../../netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import { openQueueDatabase } from '../../store/queue-database.ts'
import { cancelledReport, skippedReport } from '../pool/unprobed-reports.ts'
import { compileRegions, type PlacedDevice } from './region-rules.ts'
import { RegionWatch } from './region-watch.ts'
import { NO_PROBER, RemotePool } from './remote-pool.ts'

/**
 * How many probes a region gets for each that its probers do at once. The others wait in the queue, so that
 * a prober need not wait for the next.
 */
const ADMITTED_PER_SLOT = 1.5

/** The limits of regions, for a throttle. */
export interface RegionLimits<Device> {
  /** Returns the region whose probers have a device, or `local`. */
  of(device: Device): string
  /** Returns how many probes of a region may be in flight. */
  limitOf(region: string): number
  /** Calls back whenever a limit has changed. */
  onChange(callback: () => void): void
}

/** What the probers of a region do at present. Plain data. */
export interface RegionLoad {
  region: string
  /** How many devices its live probers probe at once, all together; 0 without a prober. */
  capacity: number
  /** Probes that were handed to its probers, or wait for them in the queue. */
  queued: number
}

export interface RegionalProbingOptions<Device extends PlacedDevice> {
  config: Pick<Config, 'database' | 'postgres' | 'devices' | 'probers'>
  /** Probes in this process. */
  local: (task: ProbeTask, signal: AbortSignal, onVerdict: OnVerdict) => Promise<ProbeReport>
  /** Returns the name of the credential of a device that has one. */
  credentialOf: (device: Device) => string | null
  clock: Clock
  log: Logger
}

interface OneProbe<Device> {
  task: ProbeTask
  signal: AbortSignal
  device: Device
  onVerdict: OnVerdict
}

/**
 * Has each device probed by a prober of its region, or in this process, as the configuration says. If a
 * region has no prober, its devices are probed by the fallback or end as SKIPPED.
 */
export class RegionalProbing<Device extends PlacedDevice> implements Closable {
  readonly #options: RegionalProbingOptions<Device>
  readonly #regions: readonly string[]
  readonly #placeOf: (device: PlacedDevice) => string
  readonly #stack = new CloseStack()
  readonly #onLimitChange = new Set<() => void>()
  #parts: { pool: RemotePool; watch: RegionWatch } | undefined

  constructor(options: RegionalProbingOptions<Device>) {
    this.#options = options
    this.#regions = regionsOf(options.config)
    this.#placeOf = compileRegions(options.config)
  }

  /**
   * Takes over the queue; what a former engine has left there is removed. Only the engine that works may call
   * it. Does nothing if the configuration has no regions.
   *
   * @throws RollcallError if the database cannot be used
   */
  async start(): Promise<void> {
    const { config, clock, log } = this.#options
    const regions = this.#regions
    if (regions.length === 0) return
    const database = this.#stack.own(await openQueueDatabase(config))
    // Loaded here, because most gateways have no regions.
    const { TaskQueue } = await import('./task-queue.ts')
    const queue = await TaskQueue.openForEngine(database, { regions, log })
    const pool = this.#stack.own(new RemotePool({ queue, clock, log }))
    const watch = new RegionWatch({
      regions,
      probers: () => database.processes.live(),
      clock,
      onChange: (region, isServed) => {
        if (isServed) log.info({ event: 'region.served', region }, 'the region has a prober again')
        else log.warn({ event: 'region.unserved', region }, 'the region has no prober')
        if (!isServed) pool.takeBack(region)
      },
      onCapacity: () => {
        for (const callback of this.#onLimitChange) callback()
      },
    })
    this.#parts = { pool, watch: this.#stack.own(watch) }
    await watch.looked
  }

  /** The limits of the regions; null if the configuration has none. */
  get limits(): RegionLimits<Device> | null {
    if (this.#regions.length === 0) return null
    return {
      of: this.#placeOf,
      limitOf: (region) => this.#limitOf(region),
      onChange: (callback) => void this.#onLimitChange.add(callback),
    }
  }

  /** Returns the load of each region of the configuration. */
  loads(): RegionLoad[] {
    return this.#regions.map((region) => ({
      region,
      capacity: this.#capacityOf(region),
      queued: this.#parts?.pool.countOf(region) ?? 0,
    }))
  }

  /**
   * Probes a device. Rejects only if a probe in this process threw, which is a bug.
   *
   * @param device the one that the task is for
   * @param onVerdict may be called with the report before the connection is closed
   */
  probe(
    task: ProbeTask,
    signal: AbortSignal,
    device: Device,
    onVerdict: OnVerdict = () => undefined,
  ): Promise<ProbeReport> {
    if (this.#regions.length === 0) return this.#options.local(task, signal, onVerdict)
    return this.#probeAnywhere({ task, signal, device, onVerdict })
  }

  /** Ends the probes elsewhere as CANCELLED. */
  close(): Promise<void> {
    return this.#stack.close()
  }

  async #probeAnywhere({ task, signal, device, onVerdict }: OneProbe<Device>): Promise<ProbeReport> {
    const region = this.#placeOf(device)
    const { fallback } = this.#options.config.probers
    for (const place of region === fallback ? [region] : [region, fallback]) {
      if (place === 'local') return await this.#options.local(task, signal, onVerdict)
      const report = await this.#probeIn(place, { task, signal, device })
      if (report !== NO_PROBER) return report
    }
    return signal.aborted ? cancelledReport(this.#options.clock.now()) : this.#skipped(region)
  }

  async #probeIn(
    region: string,
    { task, signal, device }: Omit<OneProbe<Device>, 'onVerdict'>,
  ): Promise<ProbeReport | typeof NO_PROBER> {
    const credential = this.#options.credentialOf(device)
    if (!this.#parts?.watch.isServed(region) || credential === null) return NO_PROBER
    return await this.#parts.pool.probe({ ...task, credential }, region, signal)
  }

  /** A region without a prober has the limit of what replaces it. To skip a device needs no room. */
  #limitOf(region: string): number {
    const { fallback } = this.#options.config.probers
    const watch = this.#parts?.watch
    if (region === 'local') return Number.POSITIVE_INFINITY
    for (const place of [region, fallback]) {
      if (watch?.isServed(place)) return Math.ceil(watch.capacityOf(place) * ADMITTED_PER_SLOT)
    }
    return Number.POSITIVE_INFINITY
  }

  #capacityOf(region: string): number {
    const watch = this.#parts?.watch
    // Infinity, for a prober that does not tell it, is no JSON.
    return watch?.isServed(region) ? Math.min(watch.capacityOf(region), Number.MAX_SAFE_INTEGER) : 0
  }

  #skipped(region: string): ProbeReport {
    const message =
      `The region ${region} has no live prober, so this device was not probed. Start one with ` +
      `\`rollcall prober --region ${region}\`, or set \`probers.fallback\` in the configuration.`
    return skippedReport(message, this.#options.clock.now())
  }
}
