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
/**
 * Of one element, namespaces included: their cost is only due at its end, and grows faster than their number.
 */
const MAX_ATTRIBUTES_OF_ELEMENT = 64
/** Elements and attributes in all: each costs as much as a hundred characters of text. */
const MAX_NODES = 50_000

/**
 * The text of a document, without the white space and NULs that some servers put after it. Bytes that are no
 * UTF-8 are a violation, or become replacement characters (U+FFFD).
 */
export function decodeXml(bytes: Buffer, encoding: string, invalid: 'reject' | 'replace'): string {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end -= 1
  const content = bytes.subarray(0, end)
  if (LATIN_1.has(encoding) || isAscii(content)) return content.toString('latin1')
  if (!UTF_8.has(encoding)) throw new XmlViolation(`it is encoded in ${excerpt(encoding)}, not in UTF-8`)
  if (invalid === 'reject' && !isUtf8(content)) {
    throw new XmlViolation(`it is not valid UTF-8 in its line ${lineOfInvalidUtf8(content)}`)
  }
  return content.toString('utf8')
}

/**
 * Reads a document from end to end, namespaces resolved; linear in its length. Throws an `XmlViolation` where
 * it is not well-formed, uses an entity that XML itself does not define, nests deeper than `maxDepth`, or has
 * more elements or attributes than any server has a use for; it reads no further than that.
 */
export function walkXml(text: string, maxDepth: number, handlers: XmlHandlers): void {
  let depth = 0
  let nodes = 0
  let attributesOfElement = 0
  const count = (): void => {
    nodes += 1
    if (nodes > MAX_NODES) throw new XmlViolation(`it has more than ${MAX_NODES} elements and attributes`)
  }
  const parser = new SaxesParser({ xmlns: true })
  // No handler of errors: saxes throws them then. A seventh handler would make V8 keep the parser in
  // dictionary mode, in which it takes seven times as long.
  parser.on('doctype', () => {
    throw new XmlViolation('it declares a document type (DTD), which NETCONF forbids')
  })
  parser.on('attribute', () => {
    count()
    attributesOfElement += 1
    if (attributesOfElement > MAX_ATTRIBUTES_OF_ELEMENT) {
      throw new XmlViolation(`an element has more than ${MAX_ATTRIBUTES_OF_ELEMENT} attributes`)
    }
  })
  parser.on('opentag', (tag) => {
    count()
    attributesOfElement = 0
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
  try {
    parser.write(text).close()
  } catch (problem) {
    throw asViolation(problem)
  }
}

/** What saxes throws starts with the line and the column; anything else is a violation already, or a bug. */
function asViolation(problem: unknown): unknown {
  if (!(problem instanceof Error) || !/^\d+:\d+: /.test(problem.message)) return problem
  // It may quote a name, which the peer can make as long as the document.
  return new XmlViolation(`it is not well-formed XML (${excerpt(problem.message.replace(/\.$/, ''))})`)
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
