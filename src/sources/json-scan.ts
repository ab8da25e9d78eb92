import { WrittenNumber } from '../inventory/parsed-values.ts'

/** What JSON.parse does not report about a text. */
export interface JsonScan {
  /** The number of keys in all objects. A repeated key counts each time. */
  keys: number
  /**
   * Whether there may be numbers that JSON.parse would change: long ones, or ones such as 1.0, 1e3 and -0.
   */
  hasOddNumbers: boolean
}

/** Integers of fewer digits are all below 2^53. */
const LONG_NUMBER = 16

const SPACE = 0x20
const QUOTE = 0x22
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const BACKSLASH = 0x5c
const CAPITAL_E = 0x45
const SMALL_E = 0x65

/** Scans a text once, about as fast as JSON.parse. The result has no meaning if the text is not JSON. */
export function scanJson(text: string): JsonScan {
  let keys = 0
  let hasOddNumbers = false
  let digits = 0
  let previous = SPACE
  let isAfterString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at)
      isAfterString = true
      continue
    }
    if (code >= ZERO && code <= NINE) {
      digits += 1
      if (digits >= LONG_NUMBER || (code === ZERO && previous === MINUS)) hasOddNumbers = true
    } else {
      if (code === COLON && isAfterString) keys += 1
      if (digits > 0 && (code === POINT || code === SMALL_E || code === CAPITAL_E)) hasOddNumbers = true
      digits = 0
    }
    if (code > SPACE) isAfterString = false
    previous = code
  }
  return { keys, hasOddNumbers }
}

/** Returns the number of keys in all objects of a parsed value. */
export function countKeys(value: unknown): number {
  let keys = 0
  const left = [value]
  while (left.length > 0) {
    const each = left.pop()
    if (typeof each !== 'object' || each === null || each instanceof WrittenNumber) continue
    const parts: unknown[] = Array.isArray(each) ? each : Object.values(each)
    if (!Array.isArray(each)) keys += parts.length
    for (const part of parts) if (typeof part === 'object') left.push(part)
  }
  return keys
}

/** Returns the place of the quote that ends the string at `start`, or of the last character if none does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1
    if (escapes % 2 === 0) return end
  }
  return text.length - 1
}
