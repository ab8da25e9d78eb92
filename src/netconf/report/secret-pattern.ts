/** Shorter beginnings stand in many a word. */
const MIN_BEGINNING = 4
/**
 * A secret of fewer characters with blanks in it, or in another encoding, could be something else by chance.
 */
const MIN_OBVIOUS = 8
/**
 * A pattern of more characters could be more than the engine compiles. More are more than an excerpt holds,
 * too.
 */
const MAX_LENGTH = 256
/** The same for groups within groups, which find a beginning: of a longer one the rest stays. */
const MAX_NESTED = 120
const MAX_PATTERNS = 100

/** Matches nothing. */
const NOTHING = '(?!)'

const ENCODED_BLANKS = '(?:\\s|%20|%09|\\+|&#(?:0*32|[xX]0*20);)*'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
}

const patterns = new Map<string, RegExp>()

/**
 * The pattern that finds a secret in one line of text: as it is, read as Latin-1, percent-encoded, with the
 * entities of XML, in Base64 (also within what was encoded with it) or in hexadecimal; with blanks between
 * its characters, as a line break or UTF-16 leaves them; and its beginning if the text is cut off there by
 * `…`. Made once for each secret.
 */
export function patternOf(secret: string): RegExp {
  let pattern = patterns.get(secret)
  if (pattern === undefined) {
    // Nothing is left of one that is all blanks, and what is too short stands in many a word.
    const forms = formsOf(secret).filter((form) => form.length >= MIN_BEGINNING)
    pattern = new RegExp(forms.map(sourceOf).join('|') || NOTHING, 'gu')
    if (patterns.size >= MAX_PATTERNS) patterns.clear()
    patterns.set(secret, pattern)
  }
  return pattern
}

/** The sources of the characters of a form, one after the other. */
type Form = readonly string[]

function formsOf(secret: string): Form[] {
  const bytes = Buffer.from(secret)
  const plain = [secret, bytes.toString('latin1')].map((text) => withBlanks(text, secret.length))
  if (secret.length < MIN_OBVIOUS) return plain
  const hexadecimal = [...bytes.toString('hex')].map(anyCase)
  return [...plain, hexadecimal, ...[0, 1, 2].map((place) => base64At(place, bytes))]
}

/** What a peer says has its white space folded; a blank of the secret itself may be encoded. */
function withBlanks(text: string, length: number): Form {
  if (length < MIN_OBVIOUS) return [...text.replace(/\s+/g, ' ')].map(sourceOfCharacter)
  const words = text.trim().split(/\s+/)
  return words.flatMap((word, position) =>
    [...word].map((character, index) => {
      const before = index > 0 ? '\\s*' : position > 0 ? ENCODED_BLANKS : ''
      return `${before}${sourceOfCharacter(character)}`
    }),
  )
}

function sourceOfCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const percent = [...Buffer.from(character)].map((byte) => `%${hexOf(byte)}`).join('')
  const entity = ENTITIES[character]
  const numbers = `&#(?:0*${code}|[xX]0*${hexOf(code)});`
  const named = entity === undefined ? '' : `|&${entity};`
  return `(?:\\u{${code.toString(16)}}|${percent}|${numbers}${named})`
}

function hexOf(value: number): string {
  return [...value.toString(16).padStart(2, '0')].map(anyCase).join('')
}

function anyCase(digit: string): string {
  return /[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit
}

/**
 * Base64 encodes three bytes at a time: the characters that depend on the secret alone, if it starts at this
 * place.
 */
function base64At(place: number, bytes: Buffer): Form {
  const encoded = Buffer.concat([Buffer.alloc(place), bytes]).toString('base64url')
  const isWhole = (place + bytes.length) % 3 === 0
  return [...encoded.slice(place === 0 ? 0 : place + 1, isWhole ? undefined : -1)].map((character) =>
    character === '-' ? '[+\\-]' : character === '_' ? '[\\/_]' : character,
  )
}

/** The whole form, or a beginning of it that is cut off. */
function sourceOf(form: Form): string {
  const beginning = form.slice(0, MIN_BEGINNING).join('')
  const more = form.slice(MIN_BEGINNING, Math.min(form.length - 1, MAX_NESTED))
  const nested = more.reduceRight((inner, source) => `(?:${source}${inner})?`, '')
  const whole = form.length > MAX_LENGTH ? `${form.slice(0, MAX_LENGTH).join('')}\\S*` : form.join('')
  return `${whole}|${beginning}${nested}…`
}
