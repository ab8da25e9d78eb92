import type { ProbeCredential, ProbeReport } from './probe-report.ts'

/** Shorter passwords occur in ordinary words. */
const MIN_SECRET_LENGTH = 4
/** Capabilities and facts are names that others compare, so only longer passwords are removed from them. */
const MIN_SECRET_LENGTH_IN_NAMES = 8
const INSTEAD = '[secret]'

type Clean = (said: string) => string

/**
 * Removes the password from everything that the peer sent, since a peer that received it may send it back.
 */
export function redact(report: ProbeReport, { password = '' }: ProbeCredential): ProbeReport {
  if (password.length < MIN_SECRET_LENGTH) return report
  const pattern = patternOf(password)
  const clean: Clean = (said) =>
    said.replace(pattern, (found) => (found.endsWith('…') ? `${INSTEAD}…` : INSTEAD))
  const { message, capabilities, facts, peer, notes } = report
  const inNames = password.length >= MIN_SECRET_LENGTH_IN_NAMES
  const told = inNames ? Object.values(facts ?? {}) : []
  const said = [message, peer.identification, ...Object.values(peer.said), ...told, ...notes]
  const names = inNames ? capabilities && cleanNames(capabilities, pattern, clean) : capabilities
  // This is the normal case, and it costs a probe next to nothing.
  if (names === capabilities && said.every((text) => text === null || clean(text) === text)) return report
  return {
    ...report,
    message: message && clean(message),
    capabilities: names,
    peer: {
      ...peer,
      identification: peer.identification && clean(peer.identification),
      said: {
        banner: peer.said.banner && clean(peer.said.banner),
        stderr: peer.said.stderr && clean(peer.said.stderr),
        noise: peer.said.noise && clean(peer.said.noise),
      },
    },
    facts: inNames ? facts && cleanFacts(facts, clean) : facts,
    notes: notes.map(clean),
  }
}

/** A cache by list: devices with the same capabilities share one list, and most have the same password. */
const cleaned = new WeakMap<readonly string[], { pattern: RegExp; names: readonly string[] }>()

function cleanNames(names: readonly string[], pattern: RegExp, clean: Clean): readonly string[] {
  const known = cleaned.get(names)
  if (known?.pattern === pattern) return known.names
  const without = names.map(clean)
  const result = without.every((name, index) => name === names[index]) ? names : without
  cleaned.set(names, { pattern, names: result })
  return result
}

function cleanFacts(
  facts: NonNullable<ProbeReport['facts']>,
  clean: Clean,
): NonNullable<ProbeReport['facts']> {
  return {
    hostname: facts.hostname && clean(facts.hostname),
    vendor: facts.vendor && clean(facts.vendor),
    model: facts.model && clean(facts.model),
    osVersion: facts.osVersion && clean(facts.osVersion),
    serialNumber: facts.serialNumber && clean(facts.serialNumber),
    readFrom: facts.readFrom,
  }
}

/** Shorter beginnings occur in ordinary words. */
const MIN_BEGINNING = 4
/** Text that looks like a shorter secret with blanks, or in another encoding, could be a coincidence. */
const MIN_OBVIOUS = 8
/** A longer pattern might not compile. It is also longer than any excerpt. */
const MAX_LENGTH = 256
/** The limit for the nested groups that find a cut-off beginning. The rest of a longer beginning stays. */
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
 * Returns the pattern that finds a secret in one line of text. It finds these forms:
 *
 * - as it is, decoded as Latin-1, percent-encoded, with XML entities, or in hexadecimal;
 * - in Base64, also in the middle of a longer encoded text;
 * - with blanks between its characters, which a line break or UTF-16 leaves;
 * - its beginning, if the text is cut off there by `…`.
 *
 * The pattern is cached for each secret.
 */
export function patternOf(secret: string): RegExp {
  let pattern = patterns.get(secret)
  if (pattern === undefined) {
    // A secret of blanks has no forms, and too short forms occur in ordinary words.
    const forms = formsOf(secret).filter((form) => form.length >= MIN_BEGINNING)
    pattern = new RegExp(forms.map(sourceOf).join('|') || NOTHING, 'gu')
    if (patterns.size >= MAX_PATTERNS) patterns.clear()
    patterns.set(secret, pattern)
  }
  return pattern
}

/** The regular expressions for the characters of a form, in order. */
type Form = readonly string[]

function formsOf(secret: string): Form[] {
  const bytes = Buffer.from(secret)
  const plain = [secret, bytes.toString('latin1')].map((text) => withBlanks(text, secret.length))
  if (secret.length < MIN_OBVIOUS) return plain
  const hexadecimal = [...bytes.toString('hex')].map(anyCase)
  return [...plain, hexadecimal, ...[0, 1, 2].map((place) => base64At(place, bytes))]
}

/**
 * Returns the form with optional blanks. Excerpts have their white space folded, and a blank of the secret
 * may be encoded.
 */
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
 * Returns the Base64 characters that depend on the secret alone, if it starts at this place of a group of
 * three bytes.
 */
function base64At(place: number, bytes: Buffer): Form {
  const encoded = Buffer.concat([Buffer.alloc(place), bytes]).toString('base64url')
  const isWhole = (place + bytes.length) % 3 === 0
  return [...encoded.slice(place === 0 ? 0 : place + 1, isWhole ? undefined : -1)].map((character) =>
    character === '-' ? '[+\\-]' : character === '_' ? '[\\/_]' : character,
  )
}

/** Returns the regular expression for the whole form, or for a beginning that is cut off. */
function sourceOf(form: Form): string {
  const beginning = form.slice(0, MIN_BEGINNING).join('')
  const more = form.slice(MIN_BEGINNING, Math.min(form.length - 1, MAX_NESTED))
  const nested = more.reduceRight((inner, source) => `(?:${source}${inner})?`, '')
  const whole = form.length > MAX_LENGTH ? `${form.slice(0, MAX_LENGTH).join('')}\\S*` : form.join('')
  return `${whole}|${beginning}${nested}…`
}
