/** The place at which a text is not JSON, and the reason. */
export interface JsonError {
  /** 1-based, as is `column`. */
  line: number
  column: number
  /** The text found there and what was expected, without a full stop. */
  description: string
}

/** The kinds of what may come next, each with its name for a person. */
const EXPECTED = {
  value: 'a value',
  valueOrEnd: 'a value or "]"',
  key: 'a key in double quotes',
  keyOrEnd: 'a key in double quotes or "}"',
  colon: '":"',
  commaOrBracket: '"," or "]"',
  commaOrBrace: '"," or "}"',
  end: 'the end',
} as const

const REPEATED_KEY = 'a key stands for the second time in its object'

const BROKEN_STRING = 'a string is not closed, or has a line break or a wrong escape in it'

type Expected = keyof typeof EXPECTED

/** A list or an object that is not closed yet. `keys` has the keys of an object so far. */
interface Open {
  keys: Set<string> | null
}

/** One token of JSON (RFC 8259): punctuation, a string, or another scalar. */
const TOKEN = new RegExp(
  [
    /([{}[\]:,])/u,
    /("[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[ !#-[\]-\u{10ffff}]*)*")/u,
    /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null)(?![\w.+-])/u,
  ]
    .map(({ source }) => source)
    .join('|'),
  'uy',
)
const WHITE_SPACE = /[ \t\r\n]*/y

/**
 * Returns the place where a text stops being JSON, or first repeats a key in an object. JSON.parse reports
 * the place of some errors only, not that of the most common one, a comma too many. It accepts repeated keys.
 */
export function describeJsonError(text: string): JsonError {
  const open: Open[] = []
  let expected: Expected = 'value'
  let offset = endOfMatch(WHITE_SPACE, text, 0)
  let description: string
  for (;;) {
    TOKEN.lastIndex = offset
    const token = TOKEN.exec(text)
    const next: Expected | null = token && expectedAfter(token, expected, open)
    if (token && next === 'colon' && repeatsKey(token[0], open)) {
      description = REPEATED_KEY
      break
    }
    if (!next) {
      const brokenString = !token && text[offset] === '"'
      description = brokenString
        ? BROKEN_STRING
        : `${describeAt(text, offset)} where ${EXPECTED[expected]} must`
      break
    }
    expected = next
    offset = endOfMatch(WHITE_SPACE, text, TOKEN.lastIndex)
  }
  return { ...placeIn(text, offset), description }
}

/** Returns the line and the column of an offset in a text, both 1-based. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}

/** Returns what may follow a token; null if the token may not stand here. Updates the open brackets. */
function expectedAfter(token: RegExpExecArray, expected: Expected, open: Open[]): Expected | null {
  const [, punctuation, string] = token
  const valueMayStand = expected === 'value' || expected === 'valueOrEnd'
  switch (punctuation) {
    case '{':
    case '[':
      if (!valueMayStand) return null
      open.push({ keys: punctuation === '{' ? new Set() : null })
      return punctuation === '{' ? 'keyOrEnd' : 'valueOrEnd'
    case '}':
      if (expected !== 'keyOrEnd' && expected !== 'commaOrBrace') return null
      open.pop()
      return expectedAfterValue(open)
    case ']':
      if (expected !== 'valueOrEnd' && expected !== 'commaOrBracket') return null
      open.pop()
      return expectedAfterValue(open)
    case ',':
      if (expected === 'commaOrBrace') return 'key'
      return expected === 'commaOrBracket' ? 'value' : null
    case ':':
      return expected === 'colon' ? 'value' : null
    default:
      if (valueMayStand) return expectedAfterValue(open)
      return string !== undefined && (expected === 'key' || expected === 'keyOrEnd') ? 'colon' : null
  }
}

function expectedAfterValue(open: readonly Open[]): Expected {
  const last = open.at(-1)
  if (last === undefined) return 'end'
  return last.keys === null ? 'commaOrBracket' : 'commaOrBrace'
}

/** Adds a key, written as a JSON string, to its object. Returns whether the object had it already. */
function repeatsKey(string: string, open: readonly Open[]): boolean {
  const keys = open.at(-1)?.keys
  // The same key can be written in several ways: "a" and "\\u0061".
  const key: string = JSON.parse(string)
  if (!keys || keys.has(key)) return true
  keys.add(key)
  return false
}

function endOfMatch(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset
  return pattern.test(text) ? pattern.lastIndex : offset
}

/** Literals of other languages that some programs write as JSON. */
const FOREIGN_LITERAL = /[+-]?(?:True|False|None|NULL|undefined|NaN|nan|Infinity|Inf)(?![\w.+-])/y

/** Punctuation of JSON and of its dialects. */
const PUNCTUATION = /[{}[\]:,;=/#()`]/y

/** Describes what was found by its kind. It is quoted only if it cannot be part of a secret. */
function describeAt(text: string, offset: number): string {
  if (offset === text.length) return 'the text ends'
  for (const pattern of [FOREIGN_LITERAL, PUNCTUATION]) {
    const end = endOfMatch(pattern, text, offset)
    if (end > offset) return `${JSON.stringify(text.slice(offset, end))} stands`
  }
  const first = text[offset] ?? ''
  if (first === '"') return 'a string stands'
  if (first === "'") return 'a single quote stands'
  return `${/[\d+-]/.test(first) ? 'a number' : 'a word without quotes'} stands`
}
