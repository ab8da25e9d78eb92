import { WrittenNumber } from '../../inventory/parsed-values.ts'

/** Facts about a text that JSON.parse does not report. */
export interface JsonScan {
  /** The number of keys in all objects. A repeated key counts each time. */
  keys: number
  /**
   * Whether there may be numbers that JSON.parse would change: long ones, or ones such as 1.0, 1e3 and -0.
   */
  hasOddNumbers: boolean
  /** Where the text exceeds a limit, and the limit; null if it exceeds none. The scan ends there. */
  excess: { offset: number; description: string } | null
}

/**
 * Keys of one object. JSON.parse takes seconds for an object with a million keys, and so does each look over
 * its keys.
 */
const MAX_KEYS = 1_000

/** Lists and objects within each other. */
const MAX_DEPTH = 1_000

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
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const SMALL_E = 0x65
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Scans a text once, about as fast as JSON.parse. The result has no meaning if the text is not JSON.
 *
 * @param unboundedLevels the number of outer levels of objects that may have any number of keys, outside of
 * lists
 */
export function scanJson(text: string, { unboundedLevels }: { unboundedLevels: number }): JsonScan {
  let keys = 0
  let hasOddNumbers = false
  let digits = 0
  let previous = SPACE
  let isAfterString = false
  let level: Level = { outer: null, depth: 0, keys: 0, maxKeys: Number.POSITIVE_INFINITY }
  const excess = (offset: number, description: string): JsonScan => ({
    keys,
    hasOddNumbers,
    excess: { offset, description },
  })
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
      if (code === COLON && isAfterString) {
        keys += 1
        level.keys += 1
        if (level.keys > level.maxKeys) return excess(at, TOO_MANY_KEYS)
      } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
        if (level.depth === MAX_DEPTH) return excess(at, TOO_DEEP)
        level = innerLevel(level, code === OPEN_LIST ? 0 : unboundedLevels)
      } else if ((code === CLOSE_OBJECT || code === CLOSE_LIST) && level.outer !== null) {
        level = level.outer
      }
      if (digits > 0 && (code === POINT || code === SMALL_E || code === CAPITAL_E)) hasOddNumbers = true
      digits = 0
    }
    if (code > SPACE) isAfterString = false
    previous = code
  }
  return { keys, hasOddNumbers, excess: null }
}

const TOO_MANY_KEYS = `an object has more than ${MAX_KEYS.toLocaleString('en')} keys`
const TOO_DEEP = 'lists and objects are nested too deeply'

/** A list or an object that is not closed yet, or the text around all of them. */
interface Level {
  outer: Level | null
  depth: number
  /** The keys so far. */
  keys: number
  /** The limit for it, and for all objects in it unless it is infinite. */
  maxKeys: number
}

function innerLevel(outer: Level, unboundedLevels: number): Level {
  const depth = outer.depth + 1
  const isUnbounded = outer.maxKeys > MAX_KEYS && depth <= unboundedLevels
  return { outer, depth, keys: 0, maxKeys: isUnbounded ? outer.maxKeys : MAX_KEYS }
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
