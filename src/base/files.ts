import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { messageOf, systemCodeOf } from './errors.ts'

/** Far more than any key, certificate or password has. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads a whole file, blocking the thread. Pipes are refused: one may never have a writer, and a signal
 * cannot end a read that blocks the thread. So are devices: `/dev/zero`, for example, never ends.
 */
export function readSmallFile(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is a pipe or a device, not a file')
    if (stats.size > MAX_BYTES) throw new Error(`it has ${stats.size} bytes, more than ${MAX_BYTES}`)
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a directory, not a file',
  EACCES: 'cannot be read for lack of permission',
  EPERM: 'cannot be read for lack of permission',
}

/** Returns why a file could not be read, as the predicate of a sentence that begins with its path. */
export function fileProblem(thrown: unknown): string {
  return PROBLEMS[systemCodeOf(thrown) ?? ''] ?? `cannot be read: ${messageOf(thrown)}`
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** The encodings that a byte order mark names. */
const MARKS: readonly { mark: string; encoding: Encoding }[] = [
  { mark: 'efbbbf', encoding: 'utf-8' },
  { mark: 'fffe', encoding: 'utf-16le' },
  { mark: 'feff', encoding: 'utf-16be' },
]

/** The bytes of a text's beginning that tell its encoding. */
export const ENCODING_BYTES = 1_024

/** The least share of zero bytes in UTF-16. Even a Chinese text has delimiters and line breaks in ASCII. */
const MIN_ZEROS = 1 / 20

/**
 * Tells the encoding of a text by its first bytes: by its byte order mark or, without one, by the zero bytes
 * that UTF-16 has in each ASCII character. UTF-8 has none.
 */
export function encodingOf(bytes: Uint8Array): Encoding {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, ENCODING_BYTES))
  const start = head.toString('hex', 0, 3)
  const marked = MARKS.find(({ mark }) => start.startsWith(mark))
  if (marked !== undefined) return marked.encoding
  const zeros = [0, 0]
  for (const [index, byte] of head.entries()) {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  }
  const [even = 0, odd = 0] = zeros
  const isUtf16 = (even === 0) !== (odd === 0) && even + odd >= head.length * MIN_ZEROS
  if (!isUtf16) return 'utf-8'
  return even === 0 ? 'utf-16le' : 'utf-16be'
}

/** Decodes a text, and drops its byte order mark. PowerShell writes UTF-16, Notepad UTF-8 with a mark. */
export function decodeText(bytes: Buffer): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes)
}

/** Drops the line breaks at the end. Editors and `echo` add one, which is not part of a password. */
export function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}
