import { Counter, Gauge, Histogram, type Metric, Registry } from '@prometheus-io/client'
import type { CountOf, DurationsOf } from '../../refresh/activity.ts'

/** How a metric is described. */
interface Description<Label extends string> {
  name: string
  help: string
  labels?: readonly Label[]
}

/** Metrics whose values are kept elsewhere, and read at each scrape. */
export class MetricRegistry {
  readonly #registry = new Registry()

  get contentType(): string {
    return this.#registry.contentType
  }

  /** Returns the metrics in Prometheus' text format. Rejects if one of them cannot be read. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** Adds a metric that keeps its own values. */
  add<Label extends string>(metric: Metric<Label>): void {
    this.#registry.registerMetric(metric)
  }

  gauge<Label extends string = never>(
    { labels = [], ...about }: Description<Label>,
    read: (gauge: Gauge<Label>) => void | Promise<void>,
  ): void {
    new Gauge<Label>({
      ...about,
      labelNames: [...labels],
      registers: [this.#registry],
      collect() {
        this.reset()
        return read(this)
      },
    })
  }

  counter<Label extends string = never>(
    { labels = [], ...about }: Description<Label>,
    read: (counter: Counter<Label>) => void,
  ): void {
    new Counter<Label>({
      ...about,
      labelNames: [...labels],
      registers: [this.#registry],
      collect() {
        this.reset()
        read(this)
      },
    })
  }

  counts<Label extends string>(about: Description<Label>, read: () => readonly CountOf<Label>[]): void {
    this.counter<string>(about, (counter) => {
      for (const { labels, value } of read()) counter.inc(labels, value)
    })
  }

  histogram<Label extends string>(
    { labels = [], ...about }: Description<Label>,
    read: () => readonly DurationsOf<Label>[],
  ): void {
    this.add(new RecordedHistogram({ ...about, labelNames: [...labels], registers: [] }, read))
  }
}

/** A histogram of durations that were counted elsewhere, maybe in another process. */
class RecordedHistogram<Label extends string> extends Histogram<Label> {
  readonly #about: { name: string; help: string }
  readonly #read: () => readonly DurationsOf<Label>[]

  constructor(
    about: ConstructorParameters<typeof Histogram<Label>>[0],
    read: () => readonly DurationsOf<Label>[],
  ) {
    super(about)
    this.#about = about
    this.#read = read
  }

  /** Called by the registry. */
  async getForPromString() {
    const { name, help } = this.#about
    const values = this.#read().flatMap(({ labels, buckets, sum, count }) => [
      ...buckets.map(([le, value]) => ({ metricName: `${name}_bucket`, labels: { ...labels, le }, value })),
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ])
    return { name, help, type: 'histogram', values }
  }
}
