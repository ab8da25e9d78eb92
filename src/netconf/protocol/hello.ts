import { excerpt } from '../outcome/failure.ts'
import { offeredBases } from './capabilities.ts'
import { decodeXml, walkXml, XmlViolation } from './xml-reader.ts'

export const BASE_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0'

/**
 * Our hello without framing (RFC 6241 section 8.1). Some servers echo it. With base:1.1 first, the echo
 * differs from the shortest hello of a server.
 */
export const CLIENT_HELLO =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  `<hello xmlns="${BASE_NAMESPACE}"><capabilities>` +
  '<capability>urn:ietf:params:netconf:base:1.1</capability>' +
  '<capability>urn:ietf:params:netconf:base:1.0</capability>' +
  '</capabilities></hello>'

const MAX_CAPABILITIES = 10_000
const MAX_URI_LENGTH = 16_384
const MAX_DEPTH = 16
/** The limit of bytes before the hello: login banners, comments, unsolicited replies. */
export const MAX_PRE_HELLO_BYTES = 65_536

/** The content of a server's hello. */
export interface Hello {
  /** Sorted and unique, trimmed, without control characters. */
  capabilities: readonly string[]
  /** Null if it was missing or not a number. */
  sessionId: number | null
  base10: boolean
  base11: boolean
  /** Harmless irregularities of the hello, one sentence each. */
  remarks: readonly string[]
}

/**
 * The result of reading a message. `none`: it contains the echo of our hello or no hello; `violation`: half a
 * sentence on what is wrong.
 */
export type HelloResult = { hello: Hello } | { none: 'echo' | 'other' } | { violation: string }

/** Reads one message of a server, without its delimiter. Never throws; takes time linear in its length. */
export function parseHello(message: Buffer): HelloResult {
  const start = findHello(message.toString('latin1'))
  if ('violation' in start) return start
  if (start.at === null) return { none: 'other' }
  if (start.at > MAX_PRE_HELLO_BYTES)
    return { violation: `more than ${MAX_PRE_HELLO_BYTES} bytes stand before it` }
  try {
    const text = decodeXml(message.subarray(start.at), start.encoding, 'reject')
    return isEcho(text) ? { none: 'echo' } : { hello: recent.get(text) }
  } catch (problem) {
    if (problem instanceof XmlViolation) return { violation: problem.message }
    throw problem
  }
}

/** The start of a hello, including its XML declaration; `at` is null if there is no hello. */
type HelloStart = { at: number | null; encoding: string } | { violation: string }

const MARKUP = /<(?:(!--)|(!DOCTYPE)|(\?xml\s)|((?:[\w.-]+:)?hello[\s/>]))/g
const ENCODING = /encoding\s*=\s*["']([\w.:-]+)["']/

/**
 * Finds the hello after comments, login banners and other elements, in one pass. `text` is bytes decoded as
 * Latin-1.
 */
export function findHello(text: string): HelloStart {
  let declared: { at: number; encoding: string } | null = null
  let hasDoctype = false
  MARKUP.lastIndex = 0
  for (let found = MARKUP.exec(text); found; found = MARKUP.exec(text)) {
    const [, comment, doctype, declaration] = found
    if (doctype) {
      // An HTML page has one, too. It is a violation only if a hello follows.
      hasDoctype = true
    } else if (comment) {
      const end = text.indexOf('-->', found.index)
      if (end === -1) break
      MARKUP.lastIndex = end
    } else if (declaration) {
      const end = text.indexOf('?>', found.index)
      if (end === -1) break
      const encoding =
        ENCODING.exec(text.slice(found.index, Math.min(end, found.index + 200)))?.[1] ?? 'utf-8'
      declared = { at: found.index, encoding: encoding.toLowerCase() }
      MARKUP.lastIndex = end
    } else {
      if (hasDoctype) return { violation: 'it declares a document type (DTD), which NETCONF forbids' }
      // If anything but white space is in between, the declaration belongs to another document.
      const own = declared !== null && /^[^>]*\?>\s*$/.test(text.slice(declared.at, found.index))
      if (declared !== null && own) return declared
      return { at: found.index, encoding: declared?.encoding ?? 'utf-8' }
    }
  }
  return { at: null, encoding: 'utf-8' }
}

function isEcho(text: string): boolean {
  const ours = withoutSpace(CLIENT_HELLO)
  if (text.length > 2 * CLIENT_HELLO.length) return false
  return ours.endsWith(withoutSpace(text))
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, '')
}

function readHello(text: string): Hello {
  const capabilities = new Set<string>()
  let sessionId: string | null = null
  let path: 'capability' | 'session-id' | null = null
  let inCapabilities = false
  let lists = 0
  let sessionIds = 0
  let value = ''

  walkXml(text, MAX_DEPTH, {
    open({ uri, local }, depth) {
      const known = uri === BASE_NAMESPACE || uri === ''
      if (depth === 1 && !known) {
        throw new XmlViolation(`its namespace is ${excerpt(uri)}, not ${BASE_NAMESPACE}`)
      }
      if (depth === 2) {
        inCapabilities = known && local === 'capabilities'
        if (inCapabilities) lists += 1
      }
      const isCapability = depth === 3 && inCapabilities && local === 'capability'
      const isSessionId = depth === 2 && local === 'session-id'
      path = known && isCapability ? 'capability' : known && isSessionId ? 'session-id' : null
      value = ''
    },
    text(piece) {
      if (path === null) return
      value += piece
      if (value.length > MAX_URI_LENGTH) {
        throw new XmlViolation(`a ${path} is longer than ${MAX_URI_LENGTH} characters`)
      }
    },
    close() {
      if (path === 'capability') {
        // URIs contain no control characters (RFC 3986 section 2), and a terminal would execute them.
        const uri = value.replace(/\p{Cc}+/gu, '').trim()
        if (uri !== '') capabilities.add(uri)
        if (capabilities.size > MAX_CAPABILITIES) {
          throw new XmlViolation(`it has more than ${MAX_CAPABILITIES} capabilities`)
        }
      } else if (path === 'session-id') {
        sessionId ??= value.trim()
        sessionIds += 1
      }
      path = null
    },
  })

  const uris = [...capabilities].sort()
  const id = asSessionId(sessionId)
  const remarks = [
    ...(id === null ? [remarkOnSessionId(sessionId)] : []),
    ...(sessionIds > 1 ? [`The hello has ${sessionIds} session-ids; the first counts.`] : []),
    ...(lists > 1 ? [`The hello has ${lists} lists of capabilities; all of them count.`] : []),
  ]
  return { capabilities: uris, sessionId: id, ...offeredBases(uris), remarks }
}

function remarkOnSessionId(text: string | null): string {
  if (text === null) return 'The hello has no session-id.'
  if (text === '') return 'The session-id of the hello is empty.'
  return `The session-id of the hello is "${excerpt(text)}", not a number from 1 to 4294967295.`
}

/** RFC 6241 section 8.1: a session-id is an unsigned 32-bit number, not 0. */
function asSessionId(text: string | null): number | null {
  if (text === null || !/^\d{1,10}$/.test(text)) return null
  const id = Number(text)
  return id > 0 && id <= 0xffff_ffff ? id : null
}

const MAX_ENTRIES = 64
/** With the number of entries, it limits the memory that hostile hellos can occupy to 32 MiB. */
const MAX_TEXT_LENGTH = 524_288

const SESSION_ID = /<(?:[\w.-]+:)?session-id>([1-9]\d{0,8})</

/** Caches what `read` returns for a text, apart from its session-id. The oldest entry is dropped first. */
export class HelloCache<T extends { sessionId: number | null }> {
  readonly #read: (text: string) => T
  readonly #entries = new Map<string, T>()

  constructor(read: (text: string) => T) {
    this.#read = read
  }

  /** Returns what `read` returns for the text, from the cache if the text differs only in its session-id. */
  get(text: string): T {
    const found = SESSION_ID.exec(text)
    const digits = found?.[1] ?? ''
    const at = found === null ? 0 : found.index + found[0].length - 1 - digits.length
    const sessionId = found === null ? null : Number(digits)
    // XML contains no NUL, so texts that differ in more than the digits get different keys.
    const key = found === null ? text : `${text.slice(0, at)}\0${text.slice(at + digits.length)}`

    const known = this.#entries.get(key)
    if (known !== undefined) return { ...known, sessionId }
    const value = this.#read(text)
    // The match may be inside a comment. Then it is not the session-id, and the text is not cached.
    if (value.sessionId === sessionId && text.length <= MAX_TEXT_LENGTH) this.#remember(key, value)
    return value
  }

  #remember(key: string, value: T): void {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size >= MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(key, value)
  }
}

/**
 * Most devices of a fleet send one of a few dozen hellos, and parsing a large one costs more CPU than the
 * rest of a probe.
 */
const recent = new HelloCache(readHello)
