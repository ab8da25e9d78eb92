import { readdir } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Closable } from '../../base/close.ts'
import { droppedLogLines } from '../../base/log.ts'
import type { ApiServices } from '../context.ts'
import type { Deprecations } from '../operations/deprecations.ts'
import type { SubscriptionCount } from '../operations/limited-operations.ts'
import type { OperationMetrics } from '../operations/operation-metrics.ts'
import { describeEngine } from './engine-metrics.ts'
import { MetricRegistry } from './metric-registry.ts'

const QUANTILES = [0.5, 0.99] as const

/** The counters that this process keeps itself. */
export interface CountedOperations {
  deprecations: Deprecations
  operations: OperationMetrics
  subscriptions: SubscriptionCount
}

/** The gateway's metrics for Prometheus. docs/monitoring.md lists them. */
export class Metrics implements Closable {
  readonly contentType: string
  readonly #registry = new MetricRegistry()
  readonly #eventLoop = monitorEventLoopDelay({ resolution: 10 })

  constructor(services: ApiServices, counted: CountedOperations) {
    this.contentType = this.#registry.contentType
    this.#eventLoop.enable()
    describeEngine(this.#registry, services)
    this.#describeApi(services, counted)
    this.#describeProcess()
  }

  /** Returns the metrics in Prometheus' text format. Rejects if the database cannot be read. */
  async text(): Promise<string> {
    const text = await this.#registry.text()
    this.#eventLoop.reset()
    return text
  }

  async close(): Promise<void> {
    this.#eventLoop.disable()
  }

  #describeApi({ gateway }: ApiServices, { deprecations, operations, subscriptions }: CountedOperations) {
    this.#registry.gauge(
      { name: 'rollcall_info', help: 'The running version.', labels: ['version'] },
      (gauge) => gauge.set({ version: gateway.version }, 1),
    )
    for (const metric of [operations.duration, operations.errors, operations.invalid])
      this.#registry.add<string>(metric)
    this.#registry.gauge(
      { name: 'rollcall_subscriptions', help: 'Open subscriptions of this process.' },
      (gauge) => gauge.set(subscriptions.open),
    )
    this.#registry.counter(
      {
        name: 'rollcall_deprecated_uses_total',
        help: 'Uses of deprecated parts of the GraphQL schema since the start, by schema coordinate.',
        labels: ['coordinate'],
      },
      (counter) => {
        for (const [coordinate, count] of deprecations.uses) counter.inc({ coordinate }, count)
      },
    )
  }

  #describeProcess(): void {
    this.#registry.counter(
      {
        name: 'rollcall_log_lines_dropped_total',
        help: 'Lines of the log that were dropped since the start, because nothing took them.',
      },
      (counter) => counter.inc(droppedLogLines()),
    )
    this.#registry.gauge(
      {
        name: 'rollcall_event_loop_delay_seconds',
        help: 'Delay of the event loop of the API since the last scrape.',
        labels: ['quantile'],
      },
      (gauge) => {
        for (const quantile of QUANTILES)
          gauge.set({ quantile }, this.#eventLoop.percentile(quantile * 100) / 1e9)
        gauge.set({ quantile: 1 }, this.#eventLoop.max / 1e9)
      },
    )
    this.#registry.gauge(
      { name: 'process_resident_memory_bytes', help: 'Resident memory in bytes.' },
      (gauge) => gauge.set(process.memoryUsage.rss()),
    )
    this.#registry.counter(
      { name: 'process_cpu_seconds_total', help: 'CPU time of all threads in seconds.' },
      (counter) => {
        const { user, system } = process.cpuUsage()
        counter.inc((user + system) / 1e6)
      },
    )
    this.#registry.gauge(
      { name: 'process_start_time_seconds', help: 'Time at which the process was started.' },
      (gauge) => gauge.set(performance.timeOrigin / 1000),
    )
    this.#registry.gauge(
      { name: 'process_open_fds', help: 'Open file descriptors; only on Linux.' },
      async (gauge) => {
        const open = await readdir('/proc/self/fd').catch(() => null)
        if (open !== null) gauge.set(open.length)
      },
    )
  }
}
