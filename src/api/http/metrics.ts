import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type GaugeConfiguration, Registry } from '@prometheus-io/client'
import type { Closable } from '../../base/close.ts'
import { PROBE_OUTCOMES } from '../../netconf/outcome/outcome.ts'
import type { ApiServices } from '../context.ts'
import type { Deprecations } from '../operations/deprecations.ts'

const QUANTILES = [0.5, 0.99] as const

/** The gateway's metrics for Prometheus. Every value is read at the scrape. */
export class Metrics implements Closable {
  readonly contentType: string
  readonly #registry = new Registry()
  readonly #eventLoop = monitorEventLoopDelay({ resolution: 10 })

  constructor(services: ApiServices, deprecations: Deprecations) {
    this.contentType = this.#registry.contentType
    this.#eventLoop.enable()
    this.#describeGateway(services)
    this.#describeProbing(services)
    this.#describeProcesses(services)
    this.#describeApi(deprecations)
    this.#describeProcess()
  }

  /** Returns the metrics in Prometheus' text format. Rejects if the database cannot be read. */
  async text(): Promise<string> {
    const text = await this.#registry.metrics()
    this.#eventLoop.reset()
    return text
  }

  async close(): Promise<void> {
    this.#eventLoop.disable()
  }

  #describeGateway({ store, refreshes, gateway }: ApiServices): void {
    this.#gauge('rollcall_info', 'The running version.', ['version'], (gauge) => {
      gauge.set({ version: gateway.version }, 1)
    })
    this.#gauge(
      'rollcall_last_completed_cycle_timestamp_seconds',
      'Time at which the last refresh of everything was completed; 0 if there is none.',
      [],
      async (gauge) => {
        const cycle = await store.refreshes.lastCycle('COMPLETED')
        gauge.set((cycle?.finishedAt ?? 0) / 1000)
      },
    )
    this.#gauge(
      'rollcall_next_scheduled_refresh_timestamp_seconds',
      'Time at which the next scheduled refresh starts; 0 if there is none.',
      [],
      (gauge) => gauge.set((gateway.nextScheduledRefreshAt() ?? 0) / 1000),
    )
    this.#gauge(
      'rollcall_paused',
      '1 while refreshes wait because the database cannot be written.',
      [],
      (gauge) => gauge.set(refreshes.pausedBecause === null ? 0 : 1),
    )
    this.#gauge(
      'rollcall_devices',
      'Active devices by the outcome of their last probe; UNPROBED for devices without one.',
      ['outcome'],
      async (gauge) => {
        const { byOutcome, unprobed } = await store.devices.summary()
        for (const outcome of PROBE_OUTCOMES) gauge.set({ outcome }, 0)
        for (const { outcome, count } of byOutcome) gauge.set({ outcome }, count)
        gauge.set({ outcome: 'UNPROBED' }, unprobed)
      },
    )
  }

  #describeProbing({ refreshes, gateway }: ApiServices): void {
    this.#counter(
      'rollcall_probes_total',
      'Probe results since the start, by outcome.',
      ['outcome'],
      (counter) => {
        const counts = refreshes.resultsSinceStart
        for (const outcome of PROBE_OUTCOMES) counter.inc({ outcome }, counts[outcome] ?? 0)
      },
    )
    this.#gauge('rollcall_refreshes_running', 'Running refreshes.', [], (gauge) => {
      gauge.set(refreshes.running)
    })
    const helpOf = {
      inUse: 'Places of a throttle budget that are in use.',
      limit: 'Limit of a throttle budget.',
      waiting: 'Probes that wait for a throttle budget.',
    }
    for (const property of ['inUse', 'limit', 'waiting'] as const) {
      const name = property === 'inUse' ? 'in_use' : property
      this.#gauge(`rollcall_budget_${name}`, helpOf[property], ['budget'], (gauge) => {
        for (const budget of refreshes.budgets()) gauge.set({ budget: budget.name }, budget[property])
      })
    }
    this.#gauge(
      'rollcall_credentials_suspended',
      'Credentials that devices rejected too often.',
      [],
      async (gauge) => {
        const rows = await refreshes.credentials()
        gauge.set(rows.filter(({ state }) => state === 'SUSPENDED').length)
      },
    )
    this.#counter(
      'rollcall_webhooks_total',
      'Webhooks since the start, by receiver and result: delivered, failed (given up) or dropped.',
      ['receiver', 'result'],
      (counter) => {
        for (const { receiver, ...counts } of refreshes.webhooks) {
          for (const result of ['delivered', 'failed', 'dropped'] as const)
            counter.inc({ receiver, result }, counts[result])
        }
      },
    )
    this.#gauge(
      'rollcall_webhooks_pending',
      'Webhooks that are on their way to a receiver, or wait for another try.',
      ['receiver'],
      (gauge) => {
        for (const { receiver, pending } of refreshes.webhooks) gauge.inc({ receiver }, pending)
      },
    )
    this.#gauge('rollcall_probe_threads', 'Probe threads.', [], (gauge) => {
      gauge.set(gateway.probePool().workers)
    })
    this.#counter(
      'rollcall_probe_threads_replaced_total',
      'Probe threads that were replaced since the start because they stalled or died.',
      [],
      (counter) => counter.inc(gateway.probePool().replaced),
    )
  }

  #describeProcesses({ gateway }: ApiServices): void {
    this.#gauge(
      'rollcall_process_active',
      'The processes that work on the database: 1 for the engine that works, 0 for the others.',
      ['process', 'role'],
      (gauge) => {
        for (const { name, role, active } of gateway.processes())
          gauge.set({ process: name, role }, active ? 1 : 0)
      },
    )
    this.#gauge(
      'rollcall_process_probes_in_flight',
      'Devices that each process is probing.',
      ['process', 'role'],
      (gauge) => {
        for (const { name, role, probesInFlight } of gateway.processes())
          gauge.set({ process: name, role }, probesInFlight)
      },
    )
    this.#gauge(
      'rollcall_process_last_seen_timestamp_seconds',
      'Time at which each process last told that it is alive.',
      ['process', 'role'],
      (gauge) => {
        for (const { name, role, lastSeenAt } of gateway.processes())
          gauge.set({ process: name, role }, lastSeenAt / 1000)
      },
    )
  }

  #describeApi(deprecations: Deprecations): void {
    this.#counter(
      'rollcall_deprecated_uses_total',
      'Uses of deprecated parts of the GraphQL schema since the start, by schema coordinate.',
      ['coordinate'],
      (counter) => {
        for (const [coordinate, count] of deprecations.uses) counter.inc({ coordinate }, count)
      },
    )
  }

  #describeProcess(): void {
    this.#gauge('process_resident_memory_bytes', 'Resident memory in bytes.', [], (gauge) => {
      gauge.set(process.memoryUsage.rss())
    })
    this.#counter('process_cpu_seconds_total', 'CPU time of all threads in seconds.', [], (counter) => {
      const { user, system } = process.cpuUsage()
      counter.inc((user + system) / 1e6)
    })
    this.#gauge(
      'rollcall_event_loop_delay_seconds',
      'Delay of the event loop of the API since the last scrape.',
      ['quantile'],
      (gauge) => {
        for (const quantile of QUANTILES)
          gauge.set({ quantile }, this.#eventLoop.percentile(quantile * 100) / 1e9)
        gauge.set({ quantile: 1 }, this.#eventLoop.max / 1e9)
      },
    )
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (gauge: Gauge<Label>) => void | Promise<void>,
  ): void {
    const configuration: GaugeConfiguration<Label> = {
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset()
        return read(this)
      },
    }
    new Gauge(configuration)
  }

  /** Registers a counter whose value is kept elsewhere and read at each scrape. */
  #counter<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (counter: Counter<Label>) => void,
  ): void {
    new Counter<Label>({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset()
        read(this)
      },
    })
  }
}
