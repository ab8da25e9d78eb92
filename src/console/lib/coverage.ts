import type { OverviewQuery, ProbeOutcome } from '../api/generated.ts'
import { count, words } from './format.ts'

type Refresh = OverviewQuery['refreshes']['nodes'][number]

/** The share of supported devices at the end of one refresh over everything. */
export interface CoveragePoint {
  refreshId: string
  /** Epoch milliseconds. */
  at: number
  /** From 0 to 100. */
  percent: number
  supported: number
  byOutcome: Refresh['progress']['byOutcome']
  /** The reason why it is clearly lower than before; null if it is not. */
  dip: string | null
}

/** The fall in percentage points from which a dip is marked. */
const DIP_POINTS = 0.5

/** The points of the chart, the oldest first. Refreshes over a part of the inventory are left out. */
export function coverageOf(refreshes: readonly Refresh[]): CoveragePoint[] {
  const points: CoveragePoint[] = []
  for (const refresh of refreshes.toReversed()) {
    const { scope, progress, finishedAt } = refresh
    const isWhole = scope.countries.length + scope.sites.length + scope.devices.length === 0
    // Skipped devices were not probed. A refresh that probed none has no share.
    const skipped = countOf(progress.byOutcome, 'SKIPPED')
    const asked = progress.done - skipped
    if (!isWhole || finishedAt === null || asked === 0) continue
    const supported = countOf(progress.byOutcome, 'SUPPORTED')
    const percent = (supported / asked) * 100
    const before = points.at(-1)
    const hasFallen = before !== undefined && before.percent - percent >= DIP_POINTS
    points.push({
      refreshId: refresh.id,
      at: new Date(finishedAt).getTime(),
      percent,
      supported,
      byOutcome: progress.byOutcome,
      dip: hasFallen ? reasonOf(refresh, before) : null,
    })
  }
  return points
}

function countOf(counts: Refresh['progress']['byOutcome'], outcome: ProbeOutcome): number {
  return counts.find((entry) => entry.outcome === outcome)?.count ?? 0
}

/** The outcome whose count grew most. */
function reasonOf(refresh: Refresh, before: CoveragePoint): string {
  if (refresh.error) return refresh.error
  const growth = refresh.progress.byOutcome
    .filter(({ outcome }) => outcome !== 'SUPPORTED')
    .map(({ outcome, count: now }) => ({ outcome, by: now - countOf(before.byOutcome, outcome) }))
    .sort((a, b) => b.by - a.by)[0]
  return growth && growth.by > 0
    ? `${count(growth.by)} more ${words(growth.outcome)}`
    : 'fewer devices supported'
}
