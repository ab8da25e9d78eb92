/** Where and why a text is not JSON. */
export interface JsonError {
  /** 1-based, as is `column`. */
  line: number
  column: number
  /** What stands there and what may, without a full stop. */
  description: string
}

/** What may come next, and its name for a person. */
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

const BROKEN_STRING = 'a string is not closed, or has a line break or a wrong escape in it'

type Expected = keyof typeof EXPECTED

/** One token of JSON (RFC 8259): punctuation, a string, or another scalar. */
const TOKEN =
  /([{}[\]:,])|("[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[ !#-[\]-\u{10ffff}]*)*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null)(?![\w.+-])/uy
const WHITE_SPACE = /[ \t\r\n]*/y

/**
 * Where a text that JSON.parse refused stops being JSON. JSON.parse tells the place of some errors only, and not of
 * the commonest one, a comma too many.
 */
export function describeJsonError(text: string): JsonError {
  const open: string[] = []
  let expected: Expected = 'value'
  let offset = endOfMatch(WHITE_SPACE, text, 0)
  let description: string
  for (;;) {
    TOKEN.lastIndex = offset
    const token = TOKEN.exec(text)
    const next: Expected | null = token && expectedAfter(token, expected, open)
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
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1, description }
}

/** What may follow a token, null where it may not stand here; keeps account of the brackets that are open. */
function expectedAfter(token: RegExpExecArray, expected: Expected, open: string[]): Expected | null {
  const [, punctuation, string] = token
  const valueMayStand = expected === 'value' || expected === 'valueOrEnd'
  switch (punctuation) {
    case '{':
    case '[':
      if (!valueMayStand) return null
      open.push(punctuation)
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

function expectedAfterValue(open: readonly string[]): Expected {
  if (open.length === 0) return 'end'
  return open.at(-1) === '{' ? 'commaOrBrace' : 'commaOrBracket'
}

function endOfMatch(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset
  return pattern.test(text) ? pattern.lastIndex : offset
}

function describeAt(text: string, offset: number): string {
  const [found] = /^(?:[\w.+-]{1,20}|.)?/su.exec(text.slice(offset, offset + 20)) ?? ['']
  if (found === '') return 'the text ends'
  if (found === '"') return 'a string stands'
  return `${found === "'" ? 'a single quote' : JSON.stringify(found)} stands`
}
