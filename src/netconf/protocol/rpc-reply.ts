import { excerpt } from '../outcome/failure.ts'
import { BASE_NAMESPACE } from './hello.ts'
import { descendantOf, readElements, type XmlElement } from './xml-element.ts'
import { decodeXml, XmlViolation } from './xml-reader.ts'

/**
 * An `<rpc-reply>`. `refusal` is the server's error in one line; null if there are no errors, or only
 * warnings.
 */
interface RpcReply {
  messageId: string | null
  refusal: string | null
  /** The `<rpc-reply>` element. */
  element: XmlElement
}

/**
 * The result of reading a message. `other`: it is not a reply but, for example, a notification; `violation`:
 * half a sentence on what is wrong.
 */
export type ReplyResult = { reply: RpcReply } | { other: string } | { violation: string }

const LT = 0x3c
const ENCODING = /^<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/

/**
 * Reads one message after the server's hello (RFC 6241 section 4.2). Never throws; takes time linear in its
 * length.
 */
export function parseReply(message: Buffer): ReplyResult {
  const start = message.indexOf(LT)
  if (start === -1) return { other: excerpt(message.toString('latin1', 0, 1000)) }
  let messageId: string | null = null
  try {
    const element = readMessage(message, start, (attributes) => {
      messageId = attributes.get('message-id') ?? null
    })
    const isReply = element.name === 'rpc-reply' && isBase(element.namespace)
    return isReply ? { reply: { messageId, refusal: refusalIn(element), element } } : { other: element.name }
  } catch (problem) {
    if (problem instanceof XmlViolation) return { violation: problem.message }
    throw problem
  }
}

/**
 * Returns the error in an unsolicited message, with or without an `<rpc-reply>` around it, in one line; null
 * if there is none. Never throws.
 */
export function errorIn(message: Buffer): string | null {
  const start = message.indexOf(LT)
  if (start === -1 || !message.includes('rpc-error')) return null
  try {
    const element = readMessage(message, start, () => undefined)
    if (!isBase(element.namespace)) return null
    if (element.name === 'rpc-reply') return refusalIn(element)
    return element.name === 'rpc-error' ? refusalIn({ ...element, children: [element] }) : null
  } catch (problem) {
    if (problem instanceof XmlViolation) return null
    throw problem
  }
}

function readMessage(
  message: Buffer,
  start: number,
  onRoot: (attributes: ReadonlyMap<string, string>) => void,
): XmlElement {
  const declared = ENCODING.exec(message.toString('latin1', start, start + 200))?.[1] ?? 'utf-8'
  // A host name or a location may be in another encoding. The other values must still be readable.
  return readElements(decodeXml(message.subarray(start), declared.toLowerCase(), 'replace'), onRoot)
}

/** Returns whether a namespace is that of NETCONF. Some servers use none. */
function isBase(namespace: string): boolean {
  return namespace === BASE_NAMESPACE || namespace === ''
}

/**
 * Returns the first error of a reply (RFC 6241 section 4.3); null if there is none. Junos adds warnings to
 * good replies.
 */
function refusalIn(reply: XmlElement): string | null {
  const errors = reply.children.filter(
    (child) =>
      child.name === 'rpc-error' &&
      isBase(child.namespace) &&
      descendantOf(child, 'error-severity')?.text.trim() !== 'warning',
  )
  if (errors.length === 0) return null
  const said = ['error-tag', 'error-message'].map((name) => descendantOf(errors[0], name)?.text.trim() ?? '')
  return excerpt(said.filter((part) => part !== '').join(': ')) || 'an error without a word'
}
