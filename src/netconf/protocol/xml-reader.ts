import { isAscii, isUtf8 } from 'node:buffer'
import { SaxesParser, type SaxesTagNS } from 'saxes'
import { excerpt } from '../outcome/failure.ts'

/** A violation in a document. The message is half a sentence that names the place. */
export class XmlViolation extends Error {}

/** The handlers of `walkXml`. `depth` is 1 for the root element. A handler may throw an `XmlViolation`. */
export interface XmlHandlers {
  open(tag: SaxesTagNS, depth: number): void
  text(piece: string): void
  close(depth: number): void
}

const LATIN_1 = new Set(['iso-8859-1', 'latin1', 'windows-1252'])
const UTF_8 = new Set(['utf-8', 'utf8', 'ascii', 'us-ascii'])
const LF = 0x0a
/**
 * The limit for one element, including namespaces. Their cost arises at its end and grows faster than their
 * number.
 */
const MAX_ATTRIBUTES_OF_ELEMENT = 64
/** The limit of elements and attributes in total. Each costs as much as a hundred characters of text. */
const MAX_NODES = 50_000

/**
 * Returns the text of a document without the white space and NULs that some servers append. With `reject`,
 * invalid UTF-8 is a violation; with `replace`, it becomes replacement characters (U+FFFD).
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
 * Walks through a document, with namespaces resolved, in linear time. Throws an `XmlViolation` as soon as the
 * document is not well-formed, uses an entity that XML itself does not define, nests deeper than `maxDepth`,
 * or has more elements or attributes than any server needs.
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
  // Without an error handler, saxes throws. A seventh handler would also switch the parser object to V8's
  // dictionary mode, which takes seven times as long.
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

/**
 * Converts an error of saxes, which starts with the line and the column. Other errors are violations already,
 * or bugs.
 */
function asViolation(problem: unknown): unknown {
  if (!(problem instanceof Error) || !/^\d+:\d+: /.test(problem.message)) return problem
  // The message may quote a name as long as the document.
  return new XmlViolation(`it is not well-formed XML (${excerpt(problem.message.replace(/\.$/, ''))})`)
}

/** Returns the first line with invalid UTF-8. No character spans lines, so each line is checked alone. */
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
