/** The value that `share` (0 to 1) of the values do not exceed, by the nearest rank; NaN where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** The middle value, or the mean of the two in the middle; NaN where there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** The median of a measurement that some of the runs could not make; null where none could. */
export function medianOf<T>(runs: readonly T[], measured: (run: T) => number | null): number | null {
  const values = runs.map(measured).filter((value) => value !== null)
  return values.length === 0 ? null : median(values)
}

/** How much a value grows from one to the next, by least squares; NaN where there are fewer than two. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0)
  return covariance / values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0)
}

/** Milliseconds, counted into steps of one, for more values than one would want to keep. */
export class Histogram {
  readonly #counts: number[] = []
  #total = 0

  get total(): number {
    return this.#total
  }

  add(valueMs: number, times: number): void {
    const step = Math.max(0, Math.ceil(valueMs))
    this.#counts[step] = (this.#counts[step] ?? 0) + times
    this.#total += times
  }

  /** NaN where nothing was counted. */
  percentile(share: number): number {
    let seen = 0
    for (let step = 0; step < this.#counts.length; step += 1) {
      seen += this.#counts[step] ?? 0
      if (seen > 0 && seen >= share * this.#total) return step
    }
    return Number.NaN
  }
}
