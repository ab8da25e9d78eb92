import { excerptOf } from '../outcome/failure.ts'
import { findHello, MAX_PRE_HELLO_BYTES } from './hello.ts'
import { errorIn } from './rpc-reply.ts'

/** More than an excerpt shows, so that the excerpt marks that it was cut. */
const MAX_BEGINNING_BYTES = 2000

/**
 * The input from a server that has not sent its hello:
 *
 * - `nothing`: no bytes.
 * - `part`: the beginning of a hello, or of markup that may become one.
 * - `text`: incomplete text that cannot become a hello, quoted.
 * - `wrong`: something complete that is no hello. `what` continues a sentence that starts with "The device".
 */
export type PreHelloInput =
  | { kind: 'nothing' }
  | { kind: 'part'; bytes: number }
  | { kind: 'text'; quoted: string }
  | { kind: 'wrong'; what: string }

const BOM = Buffer.from('\ufeff')
const DECLARATION = '<?xml'
const COMMENT = '<!--'
// The patterns apply to bytes decoded as Latin-1.
/** Matches an incomplete tag, declaration or comment, or nothing. */
const CUT_MARKUP = /^(?:<(?:[\w.:-]*|\?[^>]*|!(?:-(?:-[\s\S]*)?)?))?$/
const CHUNK_HEADER = /^\s*#[1-9]\d{0,9}\r?\n/
const END_OF_HELLO = /<\/(?:[\w.-]+:)?hello\s*>$/
const UTF_16 = /^(?:\xff\xfe|\xfe\xff|<\0|\0<)/

/** Records what a server sends before its hello, or instead of it. */
export class BeforeHello {
  #beginning: Buffer = Buffer.alloc(0)
  #bytes = 0
  /** The kind of the messages without content. */
  #empty: 'empty message' | 'echo' | null = null
  #first: Buffer | null = null
  #error: Buffer | null = null

  /** An excerpt of the first bytes; empty if none came. */
  get beginning(): string {
    return excerptOf(this.#beginning)
  }

  /** An excerpt of the first message that is neither blank nor the echo of our hello; empty if none came. */
  get firstMessage(): string {
    return this.#first === null ? '' : excerptOf(this.#first)
  }

  addBytes(bytes: Buffer): void {
    const missing = MAX_BEGINNING_BYTES - this.#beginning.length
    if (missing > 0) this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, missing)])
  }

  /**
   * Records a message without a hello, or with the echo of ours. `bytes` is its length with the delimiter.
   * Returns false once there are too many bytes.
   */
  addMessage(message: Buffer, bytes: number, isEcho: boolean): boolean {
    this.#bytes += bytes
    if (this.#bytes > MAX_PRE_HELLO_BYTES) return false
    if (isEcho) this.#empty = 'echo'
    else if (isBlank(message)) this.#empty ??= 'empty message'
    else this.#keep(message)
    return true
  }

  /** Describes what came so far. `pending` are the bytes of the incomplete message. */
  describe(pending: Buffer): PreHelloInput {
    // A hello that begins later is refused anyway. Reading less saves time when many probes end at once.
    const beginning = pending.subarray(0, MAX_PRE_HELLO_BYTES)
    if (!isBlank(beginning)) return describePending(beginning, pending)
    const message = this.#error ?? this.#first
    if (message !== null) return { kind: 'wrong', what: describeMessage(message) }
    if (this.#empty === null) return { kind: 'nothing' }
    const isEcho = this.#empty === 'echo'
    const what = isEcho
      ? 'sent our own hello back and none of its own'
      : 'sent an empty message instead of a hello'
    return { kind: 'wrong', what }
  }

  /** Copies the first message, and the first one with an error, since the decoder reuses their bytes. */
  #keep(message: Buffer): void {
    const isError = this.#error === null && message.includes('rpc-error')
    if (this.#first !== null && !isError) return
    const copy = Buffer.from(message)
    this.#first ??= copy
    if (isError) this.#error = copy
  }
}

/** Returns whether a message starts with the header of a chunk (RFC 6242 section 4.2). */
export function isInChunks(message: Buffer): boolean {
  return CHUNK_HEADER.test(message.toString('latin1', 0, 100))
}

export const HELLO_IN_CHUNKS = 'sent its hello in chunked framing, which begins only after the hellos'

function describePending(beginning: Buffer, pending: Buffer): PreHelloInput {
  const text = beginning.toString('latin1')
  if (isInChunks(beginning) || UTF_16.test(text)) return { kind: 'wrong', what: describeMessage(beginning) }
  const start = findHello(text)
  if ('violation' in start || start.at !== null) {
    const end = pending.subarray(-200).toString('latin1')
    return END_OF_HELLO.test(end.replace(/[\s\0]+$/, ''))
      ? { kind: 'wrong', what: 'sent a hello without the delimiter that ends it, "]]>]]>"' }
      : { kind: 'part', bytes: pending.length }
  }
  if (CUT_MARKUP.test(text.slice(contentStart(beginning)))) return { kind: 'part', bytes: pending.length }
  const error = errorIn(beginning)
  if (error !== null) return { kind: 'wrong', what: describeError(error) }
  return { kind: 'text', quoted: quote(beginning) }
}

function describeMessage(message: Buffer): string {
  const text = message.toString('latin1')
  if (UTF_16.test(text)) return 'sent UTF-16 instead of a hello in UTF-8'
  const header = CHUNK_HEADER.exec(text)?.[0]
  if (header !== undefined) {
    const isHello = /<(?:[\w.-]+:)?hello[\s/>]/.test(text)
    return isHello
      ? HELLO_IN_CHUNKS
      : `sent ${quote(message.subarray(header.length))} in chunks instead of a hello`
  }
  const error = errorIn(message)
  return error === null ? `sent ${quote(message)} instead of a hello` : describeError(error)
}

function describeError(error: string): string {
  return `answered with an error instead of a hello: ${error.replace(/[\s.;:,]+$/, '')}`
}

/** Quotes bytes without a leading XML declaration, which is long and says nothing. */
function quote(bytes: Buffer): string {
  const said = excerptOf(bytes.subarray(contentStart(bytes))) || excerptOf(bytes)
  return said === '' ? 'bytes that are not text' : `"${said}"`
}

function isBlank(bytes: Buffer): boolean {
  return skipBlanks(bytes, 0) === bytes.length
}

/** Returns the position after leading blanks, XML declarations and comments. */
function contentStart(bytes: Buffer): number {
  for (let at = skipBlanks(bytes, 0); ; ) {
    const beginning = bytes.toString('latin1', at, at + DECLARATION.length)
    const end = beginning === DECLARATION ? '?>' : beginning.startsWith(COMMENT) ? '-->' : null
    const endAt = end === null ? -1 : bytes.indexOf(end, at)
    if (end === null || endAt === -1) return at
    at = skipBlanks(bytes, endAt + end.length)
  }
}

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from
  for (;;) {
    if ((bytes[at] ?? 0xff) <= 0x20) at += 1
    else if (bytes.subarray(at, at + BOM.length).equals(BOM)) at += BOM.length
    else return at
  }
}
