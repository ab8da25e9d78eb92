import { formatDuration } from '../base/durations.ts'
import type { RefreshProgress } from '../refresh/progress.ts'
import type { Paint } from './colors.ts'
import { roughDuration } from './time-left.ts'

/** The parts of a line, in the order in which they are given up if the line is too narrow. */
const LEAST_IMPORTANT = ['inFlight', 'rate', 'elapsed', 'state', 'bar', 'left'] as const

type Part = (typeof LEAST_IMPORTANT)[number] | 'count' | 'paused'

const GAP = '  '

/**
 * Formats the progress of a refresh as a line with a bar that has at most `width` characters.
 *
 * @param leftMs the time that is left; null if it is unknown
 */
export function progressBar(
  progress: RefreshProgress,
  { leftMs, width, paint }: { leftMs: number | null; width: number; paint: Paint },
): string {
  const parts = new Map<Part, string>([['bar', bar(progress, width)], ...partsOf(progress, leftMs)])
  for (const part of LEAST_IMPORTANT) {
    if (lineOf(parts).length > width) parts.delete(part)
  }
  const line = lineOf(parts)
  // The sentence on what a refresh waits for may be cut.
  const text = line.length > width ? `${line.slice(0, width - 1)}…` : line
  return text
    .replace(/(?<=^\[)#+/, (filled) => paint('green', filled))
    .replace(progress.state, (state) => paint('bold', state))
    .replace(/paused: .*/, (paused) => paint('yellow', paused))
}

/** Formats the progress of a refresh as a line for a log. */
export function progressText(progress: RefreshProgress, leftMs: number | null): string {
  return lineOf(partsOf(progress, leftMs))
}

/** Numbers keep their width, so that what follows them does not move. */
function partsOf(progress: RefreshProgress, leftMs: number | null): Map<Part, string> {
  const { state, done, total, inFlight, elapsedMs, probesPerSecond, pausedBecause } = progress
  const parts = new Map<Part, string>([
    ['state', state],
    ['count', `${String(done).padStart(String(total).length)}/${total}`],
    ['elapsed', formatDuration(state === 'PROBING' ? Math.floor(elapsedMs / 1_000) * 1_000 : elapsedMs)],
  ])
  if (pausedBecause !== null) return parts.set('paused', `paused: ${pausedBecause}`)
  if (state !== 'PROBING') return parts
  parts.set('inFlight', `${String(inFlight).padStart(3)} in flight`)
  parts.set('rate', `${String(Math.round(probesPerSecond)).padStart(3)}/s`)
  if (leftMs !== null && done < total) parts.set('left', `about ${roughDuration(leftMs)} left`)
  return parts
}

function lineOf(parts: ReadonlyMap<Part, string>): string {
  return [...parts.values()].join(GAP)
}

/** Its length depends on the width of the line alone, so that it does not change while it fills. */
function bar({ done, total }: RefreshProgress, width: number): string {
  const cells = width < 60 ? 6 : width < 99 ? 14 : 30
  const filled = total === 0 ? 0 : Math.floor((done / total) * cells)
  return `[${'#'.repeat(filled)}${'.'.repeat(cells - filled)}]`
}
