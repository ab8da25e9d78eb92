import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../base/durations.ts'
import { RollcallError } from '../base/errors.ts'
import { isOrigin, ORIGIN } from '../config/origin.ts'
import type { Config } from '../config/schema.ts'
import type { LatencyRange } from '../simulator/line.ts'
import type { DatabaseAddress } from '../store/store.ts'

/** Parses an option that is a whole number between two limits. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`)
  }
}

const MAX_LATENCY_MS = 60_000

/** Parses an option that is a number of milliseconds such as `100`, or a range of them such as `20-300`. */
export function latency(text: string): number | LatencyRange {
  const [nearestMs = Number.NaN, farthestMs = nearestMs] = /^\d{1,5}(-\d{1,5})?$/.test(text)
    ? text.split('-').map(Number)
    : []
  if (nearestMs <= farthestMs && farthestMs <= MAX_LATENCY_MS) {
    return nearestMs === farthestMs ? nearestMs : { nearestMs, farthestMs }
  }
  throw new InvalidArgumentError(
    `Give milliseconds from 0 to ${MAX_LATENCY_MS}, or a range of them such as 20-300.`,
  )
}

/** Parses an option that is a duration such as `500ms` or `10s`, into milliseconds. */
export function duration(text: string): number {
  const durationMs = parseDuration(text)
  if (durationMs !== null && durationMs > 0) return durationMs
  throw new InvalidArgumentError('Give a duration such as 500ms, 10s or 2m.')
}

/**
 * Collects an option that may be given several times. An empty value, as from an unset variable, is refused.
 */
export function several(text: string, before: string[] | undefined): string[] {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty; give a value or leave the option out.')
  return [...(before ?? []), text]
}

/** Collects origins of pages, each as a browser writes it. */
export function origins(text: string, before: string[] | undefined): string[] {
  if (!isOrigin(text)) throw new InvalidArgumentError(`Give ${ORIGIN}.`)
  return several(text, before)
}

/** Returns the part of a configuration that names the database. */
export function addressOf({ database, postgres }: Config): DatabaseAddress {
  return { database, postgres }
}

export const CONFIG_OPTION = [
  '--config <file>',
  'the configuration (default: $ROLLCALL_CONFIG, else ./rollcall.yaml if it exists)',
] as const

/** The number of loopback addresses that the simulator has. */
export const MAX_DEVICES = 60_000

export function checkFaulty(faulty: number, devices: number): void {
  if (faulty <= devices) return
  throw new RollcallError(
    'USAGE',
    `--faulty is ${faulty}, and there are ${devices} devices; give at most that.`,
  )
}
