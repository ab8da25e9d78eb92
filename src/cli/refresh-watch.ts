import { formatDuration } from '../base/durations.ts'
import { PROBE_OUTCOMES } from '../netconf/protocol/outcome.ts'
import type { RefreshProgress } from '../refresh/progress.ts'
import type { RefreshService } from '../refresh/refresh-service.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import { table } from './output.ts'

const TERMINAL_EVERY_MS = 200
const LINES_EVERY_MS = 3_000
const BAR_WIDTH = 30

/** Shows a refresh on stderr until it ends: as a bar on a terminal, else as a line every few seconds. */
export async function watchRefresh(refreshes: RefreshService, refresh: RefreshRow): Promise<RefreshRow> {
  const terminal = process.stderr.isTTY === true
  const show = (row: RefreshRow) => {
    const progress = refreshes.progress(row)
    const line = describe(progress)
    process.stderr.write(terminal ? `\r${bar(progress)} ${line}\x1b[K` : `${line}\n`)
  }
  const timer = setInterval(() => show(refresh), terminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS)
  try {
    const ended = await refreshes.ended(refresh)
    show(ended)
    return ended
  } finally {
    clearInterval(timer)
    if (terminal) process.stderr.write('\n')
  }
}

/** Formats the number of devices for each outcome, one line each. */
export function outcomeTable(progress: RefreshProgress): string {
  const rows = PROBE_OUTCOMES.flatMap((outcome) => {
    const count = progress.byOutcome[outcome] ?? 0
    return count === 0 ? [] : [[outcome, String(count)]]
  })
  return table([['OUTCOME', 'DEVICES'], ...rows])
}

function bar({ done, total }: RefreshProgress): string {
  const filled = total === 0 ? 0 : Math.round((done / total) * BAR_WIDTH)
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`
}

function describe(progress: RefreshProgress): string {
  const { state, done, total, inFlight, elapsedMs, etaMs, probesPerSecond, pausedBecause } = progress
  const parts = [state, `${done}/${total}`, formatDuration(elapsedMs)]
  if (pausedBecause !== null) return [...parts, `paused: ${pausedBecause}`].join('  ')
  if (state === 'PROBING') parts.push(`${inFlight} in flight`, `${Math.round(probesPerSecond)}/s`)
  if (etaMs !== null && etaMs > 0) parts.push(`about ${formatDuration(etaMs)} left`)
  return parts.join('  ')
}
