const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
}

/**
 * Parses a duration such as `500ms`, `10s`, `1.5h` or `1d` (units ms, s, m, h, d) into whole milliseconds.
 * `0` needs no unit. Returns null if the text is not a duration.
 */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  const match = /^(\d{1,12}(?:\.\d{1,12})?)(ms|s|m|h|d)$/.exec(text)
  const unit = UNITS[match?.[2] ?? '']
  if (!match || unit === undefined) return null
  return Math.round(Number(match[1]) * unit)
}

/**
 * Formats a duration with at most its two largest units: `850 ms`, `9.8 s`, `3 min 20 s`, `2 h 5 min`, `4 d`.
 */
export function formatDuration(durationMs: number): string {
  if (Math.round(durationMs) < SECOND_MS) return `${Math.round(durationMs)} ms`
  const tenths = Math.round(durationMs / 100)
  if (tenths < 600) return `${tenths / 10} s`
  if (Math.round(durationMs / SECOND_MS) * SECOND_MS < HOUR_MS)
    return twoUnits(durationMs, MINUTE_MS, 'min', SECOND_MS, 's')
  if (Math.round(durationMs / MINUTE_MS) * MINUTE_MS < DAY_MS)
    return twoUnits(durationMs, HOUR_MS, 'h', MINUTE_MS, 'min')
  return twoUnits(durationMs, DAY_MS, 'd', HOUR_MS, 'h')
}

function twoUnits(
  durationMs: number,
  largeMs: number,
  large: string,
  smallMs: number,
  small: string,
): string {
  const smalls = Math.round(durationMs / smallMs)
  const perLarge = largeMs / smallMs
  const rest = smalls % perLarge
  const text = `${Math.floor(smalls / perLarge)} ${large}`
  return rest === 0 ? text : `${text} ${rest} ${small}`
}
