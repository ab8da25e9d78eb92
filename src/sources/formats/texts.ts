import { ENCODING_BYTES, encodingOf } from '../../base/files.ts'
import type { DelimiterName } from '../../config/schema.ts'
import type { RecordRules } from '../../inventory/check-record.ts'
import { sourceFailure } from '../source.ts'

/** How a text in one format is read. */
export interface FormatOptions {
  rules: RecordRules
  /** The beginning of sentences about the text: its path, or its URL without a secret. */
  subject: string
  /** The limit for a document that must be held in memory as a whole. */
  maxDocumentBytes: number
  /** The delimiter of CSV. Default: it is found. */
  delimiter?: DelimiterName | undefined
}

/** How the text of an inventory is read. */
export interface ReadOptions extends FormatOptions {
  signal: AbortSignal
}

/**
 * The limit is far longer than any record. Without it, a file of one line would be held in memory as a whole.
 */
const MAX_LINE_LENGTH = 1024 * 1024

/**
 * The predicate of a sentence about a text whose last line is incomplete. Its writer is still at work, or was
 * stopped, so records that are missing may have followed.
 */
export const TRUNCATED =
  'ends within its last line, so that it is not complete; have it written as a whole, and renamed then.'

const MEBIBYTE = 1024 * 1024

/** Decodes UTF-8 or UTF-16 bytes piece by piece, without a byte order mark. */
export async function* decodeTexts(
  bytes: AsyncIterable<Uint8Array>,
  subject: string,
): AsyncGenerator<string> {
  const { head, all } = await peek(bytes, ENCODING_BYTES)
  const encoding = encodingOf(Buffer.concat(head))
  const decoder = new TextDecoder(encoding, { fatal: true })
  const decode = (piece?: Uint8Array) => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined })
    } catch (cause) {
      const name = encoding === 'utf-8' ? 'UTF-8' : 'valid UTF-16'
      throw sourceFailure(subject, `is not ${name} text; save it as UTF-8.`, { cause })
    }
  }
  for await (const piece of all) yield decode(piece)
  yield decode()
}

/** The first pieces of a stream, and all of its pieces. */
interface Peeked<Piece> {
  head: readonly Piece[]
  /** Whether `head` is the whole stream. */
  isWhole: boolean
  all: AsyncGenerator<Piece>
}

/** Reads the first pieces of a stream, until they have the given length. */
export async function peek<Piece extends { length: number }>(
  pieces: AsyncIterable<Piece>,
  minLength: number,
): Promise<Peeked<Piece>> {
  const rest = pieces[Symbol.asyncIterator]()
  const head: Piece[] = []
  let isWhole = false
  for (let length = 0; length < minLength; ) {
    const { done, value } = await rest.next()
    if (done) {
      isWhole = true
      break
    }
    head.push(value)
    length += value.length
  }
  return { head, isWhole, all: joined(head, rest) }
}

async function* joined<Piece>(head: readonly Piece[], rest: AsyncIterator<Piece>): AsyncGenerator<Piece> {
  try {
    yield* head
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    // A consumer that stops early ends the stream as well.
    await rest.return?.()
  }
}

/** Joins a text into one string. Rejects if it is longer than `maxLength` characters. */
export async function wholeText(
  texts: AsyncIterable<string>,
  { subject, maxDocumentBytes }: { subject: string; maxDocumentBytes: number },
): Promise<string> {
  const pieces: string[] = []
  let length = 0
  for await (const text of texts) {
    length += text.length
    if (length > maxDocumentBytes) throw tooLarge(subject, maxDocumentBytes)
    pieces.push(text)
  }
  return pieces.join('')
}

export function tooLarge(subject: string, maxBytes: number): Error {
  const limit = Math.ceil(maxBytes / MEBIBYTE)
  return sourceFailure(
    subject,
    `is larger than ${limit} MiB; have it in NDJSON or CSV, or split it over several sources.`,
  )
}

/** Lines of a text, without their line breaks. */
export interface Lines {
  lines: string[]
  /** Whether this is the end of the text, a single line without a line break at its end. */
  isOpen: boolean
}

/** Returns the lines of a text, those of each piece together. */
export async function* linesOf(texts: AsyncIterable<string>, subject: string): AsyncGenerator<Lines> {
  let rest = ''
  let line = 1
  for await (const text of texts) {
    const lines = text.split('\n')
    lines[0] = rest + (lines[0] ?? '')
    rest = lines.pop() ?? ''
    line += lines.length
    if (rest.length > MAX_LINE_LENGTH) {
      throw sourceFailure(subject, `has more than 1 MiB in line ${line}; NDJSON has one record on each line.`)
    }
    yield { lines, isOpen: false }
  }
  if (rest !== '') yield { lines: [rest], isOpen: true }
}
