import { PROBE_OUTCOMES } from '../netconf/outcome/outcome.ts'
import type { RefreshProgress } from '../refresh/progress.ts'
import type { Refreshes } from '../refresh/refreshes.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import { colorsOf, type Paint, paintOutcome } from './colors.ts'
import { tell } from './output.ts'
import { progressBar, progressText } from './progress-line.ts'
import { statusLine } from './status-line.ts'
import { table } from './table.ts'
import { TimeLeft } from './time-left.ts'

const TERMINAL_EVERY_MS = 200
const LINES_EVERY_MS = 3_000

/**
 * Shows a refresh on stderr until it ends: as a bar on a terminal, else as a line every few seconds.
 *
 * @param hidden from when on nothing is shown any more
 */
export async function watchRefresh(
  refreshes: Pick<Refreshes, 'progress' | 'ended'>,
  refresh: RefreshRow,
  hidden?: AbortSignal,
): Promise<RefreshRow> {
  const isBar = statusLine.isPossible
  const paint = colorsOf(process.stderr)
  const timeLeft = new TimeLeft()
  const show = (row: RefreshRow) => {
    if (hidden?.aborted) return
    const progress = refreshes.progress(row)
    const leftMs = timeLeft.next(progress.etaMs, performance.now())
    if (isBar) statusLine.show((width) => progressBar(progress, { leftMs, width, paint }))
    else tell(progressText(progress, leftMs))
  }
  const timer = setInterval(() => show(refresh), isBar ? TERMINAL_EVERY_MS : LINES_EVERY_MS)
  try {
    const ended = await refreshes.ended(refresh)
    show(ended)
    return ended
  } finally {
    clearInterval(timer)
    statusLine.end()
  }
}

/** Formats the number of devices for each outcome, one line each. */
export function outcomeTable({ byOutcome }: RefreshProgress, paint: Paint): string {
  const rows = PROBE_OUTCOMES.flatMap((outcome) => {
    const count = byOutcome[outcome] ?? 0
    return count === 0 ? [] : [[outcome, String(count)]]
  })
  const text = table([['OUTCOME', 'DEVICES'], ...rows])
  return text.replace(/^\w+/gm, (word) => paintOutcome(word, paint))
}
