/** The encodings that a byte order mark names; text without a mark is in UTF-8. */
const MARKS: readonly { mark: string; encoding: string }[] = [
  { mark: 'efbbbf', encoding: 'utf-8' },
  { mark: 'fffe', encoding: 'utf-16le' },
  { mark: 'feff', encoding: 'utf-16be' },
]

/**
 * Decodes a text by its byte order mark, and drops the mark. PowerShell writes UTF-16, Notepad UTF-8 with a
 * mark.
 */
export function decodeText(bytes: Buffer): string {
  const start = bytes.toString('hex', 0, 3)
  const encoding = MARKS.find(({ mark }) => start.startsWith(mark))?.encoding ?? 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

/** Drops the line breaks at the end. Editors and `echo` add one, which is not part of a password. */
export function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}
