import { excerpt } from '../outcome/failure.ts'
import { walkXml, XmlViolation } from './xml-reader.ts'

/** An element with its content, but without its attributes. */
export interface XmlElement {
  namespace: string
  name: string
  /** The text of the element itself, without that of its children. */
  text: string
  children: XmlElement[]
}

const MAX_DEPTH = 64
const MAX_TEXT_LENGTH = 65_536
const MAX_VALUE_LENGTH = 255

/**
 * Reads a document into elements. `onRoot` receives the attributes of the root, by their local names, before
 * anything else is read. Throws an `XmlViolation` if the document is unusable.
 */
export function readElements(
  text: string,
  onRoot: (attributes: ReadonlyMap<string, string>) => void,
): XmlElement {
  const document: XmlElement = { namespace: '', name: '', text: '', children: [] }
  const open = [document]
  walkXml(text, MAX_DEPTH, {
    open({ uri, local, attributes }, depth) {
      if (depth === 1) {
        onRoot(new Map(Object.values(attributes).map((attribute) => [attribute.local, attribute.value])))
      }
      const element: XmlElement = { namespace: uri, name: local, text: '', children: [] }
      open.at(-1)?.children.push(element)
      open.push(element)
    },
    text(piece) {
      const element = open.at(-1)
      if (element === undefined) return
      element.text += piece
      if (element.text.length > MAX_TEXT_LENGTH) {
        throw new XmlViolation(
          `its element ${excerpt(element.name)} has more than ${MAX_TEXT_LENGTH} characters`,
        )
      }
    },
    close: () => open.pop(),
  })
  return document.children[0] ?? document
}

/**
 * Returns the children of that name in the namespace of the element. Another namespace belongs to another
 * YANG module.
 */
export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  if (element === undefined) return []
  return element.children.filter((child) => child.name === name && child.namespace === element.namespace)
}

/** Returns the first element at the end of `path`. Each step looks at `childrenOf` the one before. */
export function descendantOf(element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  let found = element
  for (const name of path) found = childrenOf(found, name)[0]
  return found
}

/** Returns the text at the end of `path`, on one line and printable; null if there is none. */
export function leafValue(element: XmlElement | undefined, ...path: string[]): string | null {
  const text = descendantOf(element, ...path)?.text ?? ''
  const value = text
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, MAX_VALUE_LENGTH)
  return value === '' ? null : value.toWellFormed()
}
