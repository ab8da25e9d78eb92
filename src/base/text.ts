type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** The encodings that a byte order mark names. */
const MARKS: readonly { mark: string; encoding: Encoding }[] = [
  { mark: 'efbbbf', encoding: 'utf-8' },
  { mark: 'fffe', encoding: 'utf-16le' },
  { mark: 'feff', encoding: 'utf-16be' },
]

/** The bytes of a text's beginning that tell its encoding. */
export const ENCODING_BYTES = 1_024

/** The least share of zero bytes in UTF-16: even a Chinese text has delimiters and line breaks, which are ASCII. */
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
