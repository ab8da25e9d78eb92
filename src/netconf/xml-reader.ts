import { isAscii, isUtf8 } from 'node:buffer'
import { SaxesParser, type SaxesTagNS } from 'saxes'
import { excerpt } from './failure.ts'

/** What is wrong with a document, as half a sentence that names the place. */
export class XmlViolation extends Error {}

/** `depth` is 1 for the root element. A handler may throw an `XmlViolation` of its own. */
export interface XmlHandlers {
  open(tag: SaxesTagNS, depth: number): void
  text(piece: string): void
  close(depth: number): void
}

const LATIN_1 = new Set(['iso-8859-1', 'latin1', 'windows-1252'])
const UTF_8 = new Set(['utf-8', 'utf8', 'ascii', 'us-ascii'])
const LF = 0x0a

/** The text of a document, without the white space and NULs that some servers put after it. */
export function decodeXml(bytes: Buffer, encoding: string): string {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end -= 1
  const content = bytes.subarray(0, end)
  if (LATIN_1.has(encoding) || isAscii(content)) return content.toString('latin1')
  if (!UTF_8.has(encoding)) throw new XmlViolation(`it is encoded in ${excerpt(encoding)}, not in UTF-8`)
  if (!isUtf8(content)) {
    throw new XmlViolation(`it is not valid UTF-8 in its line ${lineOfInvalidUtf8(content)}`)
  }
  return content.toString('utf8')
}

/**
 * Reads a document from end to end, namespaces resolved; linear in its length. Throws an `XmlViolation` where it
 * is not well-formed, uses an entity that XML itself does not define, or nests deeper than `maxDepth`.
 */
export function walkXml(text: string, maxDepth: number, handlers: XmlHandlers): void {
  let depth = 0
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (problem) => {
    throw new XmlViolation(`it is not well-formed XML (${problem.message.replace(/\.$/, '')})`)
  })
  parser.on('doctype', () => {
    throw new XmlViolation('it declares a document type (DTD), which NETCONF forbids')
  })
  parser.on('opentag', (tag) => {
    depth += 1
    if (depth > maxDepth) throw new XmlViolation(`its elements are nested more than ${maxDepth} deep`)
    handlers.open(tag, depth)
  })
  parser.on('text', (piece) => handlers.text(piece))
  parser.on('cdata', (piece) => handlers.text(piece))
  parser.on('closetag', () => {
    handlers.close(depth)
    depth -= 1
  })
  parser.write(text).close()
}

/** No character of UTF-8 has a line feed in it, so that each line stands for itself. */
function lineOfInvalidUtf8(bytes: Buffer): number {
  let line = 1
  let start = 0
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return line
    line += 1
    start = end + 1
  }
  return line
}
