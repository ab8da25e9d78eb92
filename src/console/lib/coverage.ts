import type { CountsFragment, OverviewQuery } from '../api/generated.ts'
import { count, words } from './format.ts'

type Refresh = OverviewQuery['refreshes']['nodes'][number]

/** What a refresh over everything left behind. */
export interface Cycle {
  id: string
  finishedAt: string | null
  scope: { isEverything: boolean }
  summary: CountsFragment | null
}

/** The share of supported devices at the end of one refresh over everything. */
export interface CoveragePoint {
  refreshId: string
  /** Epoch milliseconds. */
  at: number
  /** From 0 to 100. */
  percent: number
  summary: CountsFragment
  /** Why it is clearly lower than before; null if it is not. */
  dip: string | null
}

/** The fall in percentage points from which a dip is marked. */
const DIP_POINTS = 0.5

/** The points of the chart, the oldest first. */
export function coverageOf(refreshes: readonly Refresh[]): CoveragePoint[] {
  const points: CoveragePoint[] = []
  for (const refresh of refreshes.toReversed()) {
    const { scope, summary, finishedAt } = refresh
    if (!scope.isEverything || finishedAt === null || summary === null || summary.devices === 0) continue
    const percent = (summary.supported / summary.devices) * 100
    const before = points.at(-1)
    const hasFallen = before !== undefined && before.percent - percent >= DIP_POINTS
    points.push({
      refreshId: refresh.id,
      at: new Date(finishedAt).getTime(),
      percent,
      summary,
      dip: hasFallen ? reasonOf(refresh.error, summary, before.summary) : null,
    })
  }
  return points
}

/** The outcome that grew most. */
function reasonOf(error: string | null, now: CountsFragment, before: CountsFragment): string {
  if (error) return error
  const growth = now.byOutcome
    .filter(({ outcome }) => outcome !== 'SUPPORTED')
    .map((entry) => {
      const old = before.byOutcome.find(({ outcome }) => outcome === entry.outcome)?.count ?? 0
      return { outcome: entry.outcome, by: entry.count - old }
    })
    .sort((a, b) => b.by - a.by)[0]
  return growth && growth.by > 0
    ? `${count(growth.by)} more ${words(growth.outcome)}`
    : 'fewer devices supported'
}

/**
 * The refresh over everything that the present counts are compared with: while one runs, the last that ended;
 * otherwise the one before that. Null if there is none yet. `cycles` begins with the newest.
 */
export function baselineOf<C extends Cycle>(cycles: readonly C[], isRunning: boolean): C | null {
  const whole = cycles.filter(({ scope, summary }) => scope.isEverything && summary !== null)
  return whole[isRunning ? 0 : 1] ?? null
}
