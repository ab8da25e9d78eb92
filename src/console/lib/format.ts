const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const counts = new Intl.NumberFormat('en')
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

/** 13846 → "13,846". */
export function count(value: number): string {
  return counts.format(value)
}

/** 12 → "▲ 12", −3 → "▼ 3", 0 → "± 0". */
export function change(by: number): string {
  if (by === 0) return '± 0'
  return `${by > 0 ? '▲' : '▼'} ${count(Math.abs(by))}`
}

/** "1 device", "2 devices". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** A share as a percentage: one decimal below 99.95, "100 %" only if it is all. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '–'
  if (part === whole) return '100 %'
  return `${Math.min((part / whole) * 100, 99.9).toFixed(1)} %`
}

/** A duration in milliseconds, with one unit: "84 ms", "1.4 s", "12 min". */
export function duration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`
  if (ms < 9.95 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < 2 * MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`
  return `${Math.round(ms / DAY)} d`
}

/** Time left as a clock: "0:21", "12:04". */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / SECOND))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** "4 min ago", "in 12 min", "just now". Seconds are whole, so that they do not flicker. */
export function relative(at: string | number, now: number): string {
  const difference = now - new Date(at).getTime()
  if (Math.abs(difference) < 5 * SECOND) return difference >= 0 ? 'just now' : 'now'
  const away = Math.abs(difference)
  const text = away < MINUTE ? `${Math.round(away / SECOND)} s` : duration(away)
  return difference > 0 ? `${text} ago` : `in ${text}`
}

/** The exact instant in the viewer's zone. */
export function instant(at: string | number): string {
  return exact.format(new Date(at))
}

/** "14:02" today, else "Tue 14:02", in the viewer's zone. */
export function timeOfDay(at: string | number): string {
  const date = new Date(at)
  const isToday = date.toDateString() === new Date().toDateString()
  return date.toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    ...(isToday ? {} : { weekday: 'short' }),
  })
}

/** "MISSING_CAPABILITIES" → "missing capabilities". */
export function words(value: string): string {
  return value.toLowerCase().replaceAll('_', ' ')
}
